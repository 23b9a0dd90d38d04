"""What can go wrong with a dataset, each with what to do about it."""

from collections.abc import Sequence
from typing import Any

from studiolo.kernel.errors import Conflict, Invalid, NotFound, StudioloError, TooLarge
from studiolo.kernel.nearest import nearest


class BadFile(Invalid):
    """A file that is not the table it should be; every more exact class below is one."""

    code, title = "datasets.bad_file", "The file cannot be used as a table"

    def __init__(
        self, detail: str, hint: str = "", *, field: str = "file", line: int | None = None, file: str = ""
    ) -> None:
        where = ({} if line is None else {"line": line}) | ({"file": file} if file else {})
        super().__init__(detail, hint, field=field, extra=where)
        self.line = line
        self.file = file

    def of(self, file: str) -> "BadFile":
        """Return the error with the name of the file, one of many."""
        return type(self)(f"{file}: {self.detail}", self.hint, field=self.field, line=self.line, file=file)


class EmptyFile(BadFile):
    """No bytes, or only blank lines."""

    code, title = "datasets.empty_file", "The file is empty"


class HeaderOnly(BadFile):
    """Column names and not one row."""

    code, title = "datasets.header_only", "The file has no rows"


class RaggedRow(BadFile):
    """A row with more or fewer fields than there are columns."""

    code, title = "datasets.ragged_row", "A row has the wrong number of fields"


class BadQuotes(BadFile):
    """A quoted value that does not end where it should."""

    code, title = "datasets.bad_quotes", "A quoted value does not end"


class BadColumnName(BadFile):
    """Column names that are empty, repeated, or differ only in case."""

    code, title = "datasets.bad_column_name", "A column name cannot be used"


class TooManyColumns(BadFile):
    """More columns than a table here may have."""

    code, title = "datasets.too_many_columns", "Too many columns"


class WrongEncoding(BadFile):
    """Bytes that are not text in the encoding that was given or found."""

    code, title = "datasets.wrong_encoding", "The text is in another encoding"


class NulBytes(BadFile):
    """Zero bytes in a text file: it is binary, damaged, or UTF-16 without saying so."""

    code, title = "datasets.nul_bytes", "The file contains NUL bytes"


class LineTooLong(BadFile):
    """A line longer than the limit, which is most often a file without line ends."""

    code, title = "datasets.line_too_long", "A line is too long"


class UnknownFormat(BadFile):
    """Something recognised that no format here reads."""

    code, title = "datasets.unknown_format", "This kind of file cannot be read"


class MalformedJson(BadFile):
    """A line that is not one JSON object."""

    code, title = "datasets.malformed_json", "A line is not a JSON object"


class DamagedFile(BadFile):
    """A file whose structure is broken, e.g. a Parquet file that was cut off."""

    code, title = "datasets.damaged_file", "The file is damaged"


class DoesNotFit(BadFile):
    """A file of many that is not like the others: another format, other columns."""

    code, title = "datasets.does_not_fit", "A file does not fit the others"


class LostValues(BadFile):
    """Values that the chosen type of a column cannot hold, where they may not become missing."""

    code, title = "datasets.lost_values", "Values do not fit the chosen type"


class BadMLTable(BadFile):
    """An MLTable file, or one of its transformations, that cannot be used."""

    code, title = "datasets.bad_mltable", "The MLTable cannot be used"


class BadDelta(BadFile):
    """A Delta table without the version that is meant, or that cannot be read exactly."""

    code, title = "datasets.bad_delta", "The Delta table cannot be used"


class BadColumnChoice(Invalid):
    """A choice about columns that names what is not there, or what cannot be."""

    code, title = "datasets.bad_column_choice", "The choice of columns cannot be used"


class BadPartitionFormat(Invalid):
    """A partition format that cannot be read, or a path that does not fit it."""

    code, title = "datasets.bad_partition_format", "The partition format does not fit"

    def __init__(self, detail: str, hint: str = "") -> None:
        super().__init__(detail, hint, field="partition_format")


class PackedTooTightly(BadFile):
    """An archive that unpacks to far more than any table would: most often a bomb."""

    code, title = "datasets.packed_too_tightly", "The archive unpacks to too much"


class MissingExtra(StudioloError):
    """A format or a transformation that needs a package which is not installed."""

    code, status, title = "datasets.missing_extra", 422, "A package is not installed"


class InspectionFailed(StudioloError):
    """Looking into the file took too long or too much memory, or its process died."""

    code, status, title = "datasets.inspection_failed", 422, "The file could not be looked into"


class DatasetNotFound(NotFound):
    """No dataset, or no version of it, by that name."""

    code, title = "datasets.not_found", "Dataset not found"


class BadDatasetName(Invalid):
    """A name that could not be a folder, a URL part and a word on a command line."""

    code, title = "datasets.bad_name", "The dataset name cannot be used"


class UploadCutOff(StudioloError):
    """The connection ended before all announced bytes had come; nothing was kept."""

    code, status, title = "datasets.upload_cut_off", 400, "The upload was cut off"


class UploadTooLarge(TooLarge):
    """More bytes than the studio takes in one file."""

    code, title = "datasets.upload_too_large", "The file is too large"


class ProfileNotReady(Conflict):
    """The profile is still being computed, or its job failed."""

    code, title = "datasets.profile_not_ready", "The profile is not ready"


class BadFileName(Invalid):
    """A file name with folders or unprintable characters in it."""

    code, title = "datasets.bad_file_name", "The file name cannot be used"


class BadReference(Invalid):
    """Something that is not `name` or `name:version`."""

    code, title = "datasets.bad_reference", "The dataset reference cannot be used"


class SampleNotFound(NotFound):
    """No table of this name comes with the studio."""

    code, title = "datasets.sample_not_found", "Sample not found"


class FileNotInVersion(NotFound):
    """No file of this path is in the version."""

    code, title = "datasets.file_not_found", "File not found"

    def __init__(self, path: str, reference: str) -> None:
        super().__init__(
            f"{reference} has no file '{path[:200]}'.",
            f"List them: studiolo datasets files {reference}",
            field="path",
        )


class NotATable(Conflict):
    """A version of files as they are was asked for what only a table has."""

    code, title = "datasets.not_a_table", "The version is no table"

    def __init__(self, reference: str) -> None:
        super().__init__(
            f"{reference} holds files as they are, not a table.",
            "Look at its files, or register them as a table: studiolo datasets create … --kind tabular",
            field="dataset",
        )


class NotInTheBin(NotFound):
    """Nothing of this name can be restored."""

    code, title = "datasets.not_in_the_bin", "Not in the bin"


class BadFilePath(Invalid):
    """A path of a file in a dataset that would leave its folder, or its line, or is no text."""

    code, title = "datasets.bad_file_path", "The path of a file cannot be used"

    def __init__(self, detail: str, hint: str = "", *, field: str = "path") -> None:
        super().__init__(detail, hint, field=field)


class NoFiles(Invalid):
    """Nothing is there to be registered."""

    code, title = "datasets.no_files", "There are no files"


class FilesNotRead(Invalid):
    """Files that may not or cannot be read."""

    code, title = "datasets.files_not_read", "Some files cannot be read"


class SourceWithdrawn(Conflict):
    """Files that were read cannot be read any more: what may be left out would be no longer a few."""

    code, title = "datasets.source_withdrawn", "The source was taken away"


class FileChanging(Conflict):
    """A file that changed while it was read."""

    code, title = "datasets.file_changing", "A file changed while it was read"


class DatasetChanged(Conflict):
    """Objects of a referenced version are not what they were when it was registered; `extra` lists them."""

    code, title = "datasets.changed", "The data is not what it was"


class ArchiveRefused(BadFile):
    """An archive that is damaged, unpacks to too much, or holds names that leave its folder."""

    code, title = "datasets.archive_refused", "The archive cannot be unpacked"


class RegistrationFailed(Invalid):
    """A registration that was waited for made no version."""

    code, title = "datasets.registration_failed", "Nothing was registered"


class RegistrationNotFound(NotFound):
    """No registration belongs to this run."""

    code, title = "datasets.registration_not_found", "Registration not found"

    def __init__(self, run_id: str) -> None:
        super().__init__(f"There is no registration '{run_id[:40]}'.", "List them: studiolo datasets registrations")


class UploadSessionNotFound(NotFound):
    """No such upload, or it was given up since nothing was sent for too long."""

    code, title = "datasets.upload_not_found", "Upload not found"

    def __init__(self, upload_id: str) -> None:
        super().__init__(f"There is no upload '{upload_id[:40]}'.", "Begin a new one.")


class UploadNotOpen(Conflict):
    """An upload that is being completed, or was."""

    code, title = "datasets.upload_not_open", "The upload takes no more files"


class UploadOffset(Conflict):
    """Bytes that do not go on where the file ends so far; `received` says where that is."""

    code, title = "datasets.upload_offset", "The bytes do not follow"

    def __init__(self, path: str, offset: int, received: int) -> None:
        super().__init__(
            f"{received:,} bytes of '{path[:200]}' are here; these begin at {offset:,}.",
            "Go on from `received`.",
            field="offset",
            extra={"received": received},
        )


class UploadIncomplete(Conflict):
    """Files of an upload that are not whole yet; `missing` names the first."""

    code, title = "datasets.upload_incomplete", "Some files are not here yet"


class ColumnNotFound(Invalid):
    """No column of this name is in the table."""

    code, title = "datasets.column_not_found", "Column not found"

    def __init__(self, name: str, columns: Sequence[str], *, field: str = "column") -> None:
        close = nearest(name, columns)
        super().__init__(
            f"The table has no column '{name[:100]}'.",
            f"Did you mean '{close}'?"
            if close
            else f"It has {', '.join(columns[:8])}{', …' if len(columns) > 8 else ''}.",
            field=field,
        )


class NoTimestamp(Invalid):
    """A window of time over a version whose timestamp column is not known, or over a column that holds no moments."""

    code, title = "datasets.no_timestamp", "No timestamp column"

    def __init__(self, detail: str, columns: Sequence[Any], *, field: str = "timestamp") -> None:
        able = [column.name for column in columns if column.type in ("date", "datetime")]
        hint = (
            f"Name one of {', '.join(able[:6])}"
            if able
            else "None of its columns holds moments: give one that type when reading"
        )
        super().__init__(detail, f"{hint}: studiolo datasets traits NAME --timestamp COLUMN.", field=field)


class BadSplit(Invalid):
    """A split that cannot be made, or whose name is taken."""

    code, title = "datasets.bad_split", "The split cannot be used"


class SplitNotFound(NotFound):
    """No split with this part is recorded with the version."""

    code, title = "datasets.split_not_found", "Split not found"

    def __init__(self, part: str, reference: str, known: Sequence[str] = ()) -> None:
        super().__init__(
            f"{reference} has no split with '{part[:100]}'.",
            f"Its parts are: {', '.join(known)}."
            if known
            else f"Record one: studiolo datasets split {reference} --shares train=0.8,test=0.2",
            field="split",
        )


class StreamBroken(StudioloError):
    """Rows could not be read to the end."""

    code, status, title = "datasets.stream_broken", 422, "The rows could not be read"


class TooManyStreams(StudioloError):
    """All places for reading rows are taken."""

    code, status, title = "datasets.too_many_streams", 503, "Too many readers"

    def __init__(self, most: int) -> None:
        super().__init__(
            f"{most} streams of rows are being sent already.",
            "Try again in a moment, or raise STUDIOLO_ARROW_STREAMS.",
        )
