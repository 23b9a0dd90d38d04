"""Folders of images: a table with a row per image, made by a job that decodes each once, with small pictures for the page.

`names` tells label and split from a path, `pictures` looks into one file, `table` makes the table, `gallery` answers pages of it.
"""
