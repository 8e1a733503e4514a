"""Evaluate models: a folder of `train emotion`, an ONNX file in one, or the lite models.

reads       what can be evaluated: pictures to a reading
own         classifiers of a folder, by torch or by onnxruntime
lite        the models of the lite profile
aligning    a model and a data set that differ by `neutral`
choosing    the samples of a part, and what is known of them
evaluate    read, measure, report
running     all of it for the command: from words to files
"""
