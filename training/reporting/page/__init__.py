"""The report as one HTML file: no script, no other file, nothing fetched from anywhere."""

from training.reporting.page.writing import page

__all__ = ["page"]
