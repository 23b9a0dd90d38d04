"""How the files of a profile job are called: between the job and who takes its results; and what the job is started with."""

PARTS_FOLDER = "parts"  # of kept parts among the inputs, of new parts among the outputs
PARTS_FILE = "parts.json"  # which parts the profile is made of
ENDING = ".arrow"
ENVIRONMENT = {"PYDANTIC_DISABLE_PLUGINS": "__all__"}  # looking for some takes longer than looking into a small table
