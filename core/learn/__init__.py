"""Networks, data sets and training: the only importer of torch (extra ``train``).

`core.learn.params` describes a training and needs no torch, so that forms and commands can show it anywhere.
"""
