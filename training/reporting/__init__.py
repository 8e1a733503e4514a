"""What an evaluation found, as JSON for programs and as one page for people.

report      what was found
published   figures of others, and what they were measured on
document    the JSON, whose schema docs/evaluation.md describes
page        one HTML file that needs no other
plots       what the page shows
"""
