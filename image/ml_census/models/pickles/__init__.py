"""Load pickled models. The unpickler imports only allowed classes and functions.

All modules of this package import scikit-learn, except `foreign_files` and
`load_errors`. A server that loads a compiled form imports none of these modules.
"""
