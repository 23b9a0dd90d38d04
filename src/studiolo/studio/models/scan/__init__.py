"""What the files of a model would run when somebody loads it, found out without loading: standard library only.

`process` is the child that the server and the controller start; `files` tells formats apart; `pickles` follows the opcodes
of a pickle; `names` grades what a pickle imports; `formats` reads skops, Keras, ONNX and the others.

Why our own: fickling and picklescan follow plain pickles only, and read joblib's files (opcodes with raw arrays between
them) as broken; both grade by a list of bad names, and what is on no list passes. Here the list is of good names.
"""
