"""Data quality: rules that a dataset's versions must keep, checked when one is registered, on a schedule, and on request.

`rules` are the nouns, `asking` turns them into SQL of the engine and `jobs` asks it in a process of its own; `suggesting` reads rules
out of a profile, `yaml_form` writes them as people keep them in a repository. A version that a blocking rule refuses stays, but it is
not the newest one (`service.version_created`, `reconcile`).
"""
