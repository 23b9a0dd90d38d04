"""Connect a folder as a datastore: try it, look around, move files, and name them as Azure ML does."""

import tempfile
from pathlib import Path

from studiolo import Studio

studio = Studio()
with tempfile.TemporaryDirectory() as folder:
    shared = Path(folder) / "shared"  # in real life: an NFS mount, or kind="s3", "azure_blob", "sftp", …
    (shared / "sales").mkdir(parents=True)
    (shared / "sales" / "2026.csv").write_text("month,euros\n1,120\n2,95\n")

    tried = studio.datastores.try_out("local", path=str(shared / "missing"))
    print(f"before it is saved: {tried.cause}")

    store = studio.datastores.create("shared", "local", path=str(shared), description="What the shops report")
    print(f"{store.name} is {store.kind_title}; it works: {studio.datastores.check('shared').ok}")

    for entry in studio.datastores.walk("shared"):
        print(f"  {entry.path}: {entry.size} bytes")

    studio.datastores.upload("shared", b"month,euros\n3,110\n", "sales/2027.csv")
    print(studio.datastores.read("shared", "sales/2027.csv").decode().splitlines()[-1])

    name, path = studio.datastores.locate("azureml://datastores/shared/paths/sales/2026.csv")
    print(f"{path} of {name} begins with: {studio.datastores.preview(name, path).text.splitlines()[0]}")

    studio.datastores.delete("shared")
    print(f"forgotten; the files stay: {sorted(file.name for file in (shared / 'sales').iterdir())}")
