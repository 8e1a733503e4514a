"""Evaluate models: a folder of `train emotion`, an ONNX file in one, or the lite models.

reads       what can be evaluated: pictures to a reading
own         classifiers of `train emotion`, by torch or by onnxruntime; `described` by their folder
service     models of photos as a worker has them; classifiers that were trained elsewhere
lite        the models of the lite profile; `lite_faces` on faces that are cut out
hearing     music: what was heard, beside what listeners said
aligning    a model and a data set that differ by `neutral`
choosing    the samples of a part, and what is known of them
evaluate    read, measure, report
running     all of it for the command: from words to files
"""
