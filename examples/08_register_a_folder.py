"""Register a folder of files, add one, and see that only that one is new; compare, tag, delete and take back."""

import tempfile
from pathlib import Path

from studiolo import Studio

studio = Studio()
with tempfile.TemporaryDirectory() as place:
    folder = Path(place) / "letters"
    for number in range(30):
        path = folder / f"15{number:02}" / "letter.txt"
        path.parent.mkdir(parents=True)
        path.write_text(f"Letter {number}\n")
    first = studio.datasets.wait_for(studio.datasets.send(folder, kind="file", tags={"century": "16"}))
    print(f"{first.name}:{first.version}, {studio.datasets.get('letters').file_count} files")
    again = studio.datasets.wait_for(studio.datasets.send(folder, kind="file"))
    print(f"the same folder again is {again.name}:{again.version}")
    (folder / "1530").mkdir()
    (folder / "1530" / "letter.txt").write_text("One more\n")
    second = studio.datasets.wait_for(studio.datasets.send(folder, kind="file"))

difference = studio.datasets.compare("letters", 1, 2)
print(f"letters:{second.version}: {difference.files.added} added, {difference.files.same} the same")
print([change.path for change in studio.datasets.compare_files("letters", 1, 2)])
studio.datasets.tag("letters", 2, tags={"checked": "yes"}, description="with the last letter")
studio.datasets.delete("letters", 1)
print("in the bin:", [version.reference for version in studio.datasets.versions("letters", deleted=True)])
studio.datasets.restore("letters", 1)
with tempfile.TemporaryDirectory() as place:
    here = studio.datasets.download("letters:2", Path(place) / "here")
    print(f"{len(list(here.rglob('*.txt')))} files came back")
