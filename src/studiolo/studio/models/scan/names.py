"""How bad is what a pickle imports: safe, unknown or dangerous. Safe is a list; what is on no list is unknown."""

import _compat_pickle
from typing import Literal, NamedTuple

Grade = Literal["safe", "unknown", "dangerous"]


class Graded(NamedTuple):
    """why: a sentence without a full stop, empty for what is safe."""

    grade: Grade
    why: str = ""


SAFE = Graded("safe")


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_RUNS = "runs code or commands"
_FILES = "reads, writes or removes files"
_NETWORK = "talks to the network"
_LOADS = "loads another pickle or library"
_REACHES = "reaches from harmless objects to dangerous ones"

# module, or the package above it → why
_MODULES: dict[str, str] = {
    **dict.fromkeys(
        _words(
            "os posix nt subprocess _posixsubprocess pty runpy code codeop commands popen2 multiprocessing "
            "concurrent asyncio threading _thread timeit trace profile cProfile pdb bdb doctest unittest test "
            "venv ensurepip pip setuptools distutils pkg_resources webbrowser signal sched idlelib lib2to3 "
            "turtledemo antigravity platform torch.utils.cpp_extension torch.utils.bottleneck torch._dynamo "
            "torch.distributed torch.jit torch.package torch.fx torch.utils.data.datapipes numpy.f2py "
            "numpy.distutils numpy.testing numpy._utils._inspect numpy._core.overrides scipy._lib._testutils "
            "IPython ipykernel fabric invoke sh pexpect plumbum"
        ),
        _RUNS,
    ),
    **dict.fromkeys(
        _words("shutil tempfile glob fileinput linecache zipfile tarfile dbm shelve sqlite3 mmap fcntl"),
        _FILES,
    ),
    **dict.fromkeys(
        _words(
            "socket _socket socketserver ssl urllib urllib2 urllib3 http ftplib telnetlib smtplib poplib imaplib "
            "nntplib xmlrpc requests httpx aiohttp httplib paramiko websockets torch.hub"
        ),
        _NETWORK,
    ),
    **dict.fromkeys(
        _words(
            "pickle _pickle cPickle dill marshal importlib imp pkgutil zipimport ctypes _ctypes cffi _imp "
            "zipimporter torch.serialization torch.ops joblib.memory"
        ),
        _LOADS,
    ),
    **dict.fromkeys(_words("sys inspect gc site sysconfig builtins.__dict__ ast dis opcode symtable"), _REACHES),
}
_BUILTINS_BAD: dict[str, str] = {
    **dict.fromkeys(_words("eval exec execfile compile breakpoint exit quit help __build_class__"), _RUNS),
    **dict.fromkeys(["open", "file", "input", "raw_input"], _FILES),
    "__import__": _LOADS,
    **dict.fromkeys(_words("getattr setattr delattr globals locals vars dir apply"), _REACHES),
}
_BUILTINS_GOOD = frozenset(
    _words(
        "set frozenset list dict tuple int float complex bool str bytes bytearray slice range xrange object "
        "type unicode long basestring len min max sum abs round sorted reversed enumerate zip map filter any "
        "all hash id repr format ord chr divmod pow iter next isinstance issubclass callable NotImplemented "
        "Ellipsis None True False property staticmethod classmethod super memoryview print"
    )
)
# names that are bad wherever they are found: `from os import system` makes them attributes of innocent modules
_WORDS = frozenset(
    _words(
        "system popen Popen spawn spawnl spawnv execv execl execve fork eval exec execfile compile __import__ "
        "import_module getattr setattr delattr check_output check_call getoutput getstatusoutput runstring "
        "run_code run_path run_module Unpickler loads read_pickle load_library exec_command "
        "exec_mod_from_location rmtree unlink urlopen urlretrieve FunctionType CodeType LambdaType globals "
        "locals vars _load_from_bytes load_from_bytes"
    )
)
_CODE_WORDS = frozenset(
    _words(
        "system popen Popen spawnl spawnv execv execl execve fork eval exec execfile __import__ check_output "
        "check_call getoutput subprocess socket ctypes pty marshal urlopen FunctionType CodeType"
    )
)
_EXACT: dict[str, Graded] = {
    **dict.fromkeys(
        _words(
            "copyreg._reconstructor copyreg.__newobj__ copyreg.__newobj_ex__ copy_reg._reconstructor "
            "_codecs.encode codecs.encode _io.BytesIO _io.StringIO io.BytesIO io.StringIO functools.partial "
            "re._compile re.Pattern array.array array._array_reconstructor uuid.UUID uuid.SafeUUID enum.Enum "
            "random.Random _random.Random types.SimpleNamespace types.MappingProxyType types.NoneType "
            "types.EllipsisType types.GenericAlias logging.getLogger logging.Logger zoneinfo.ZoneInfo._unpickle "
            "joblib.numpy_pickle.NumpyArrayWrapper joblib.numpy_pickle.NDArrayWrapper "
            "joblib.numpy_pickle.ZNDArrayWrapper sklearn.externals.joblib.numpy_pickle.NumpyArrayWrapper "
            "numpy.random._pickle.__randomstate_ctor numpy.random._pickle.__bit_generator_ctor "
            "numpy.random._pickle.__generator_ctor lightgbm.basic.Booster torch._utils._rebuild_tensor "
            "torch._utils._rebuild_tensor_v2 torch._utils._rebuild_tensor_v3 torch._utils._rebuild_parameter "
            "torch._utils._rebuild_parameter_with_state torch._utils._rebuild_qtensor "
            "torch._utils._rebuild_sparse_tensor torch._utils._rebuild_device_tensor_from_numpy "
            "torch._tensor._rebuild_from_type_v2 torch.serialization._get_layout torch.device torch.dtype "
            "torch.Size torch.float16 torch.float32 torch.float64 torch.bfloat16 torch.int8 torch.int16 "
            "torch.int32 torch.int64 torch.uint8 torch.bool torch.complex64 torch.complex128 "
            "torch.storage.UntypedStorage torch.storage.TypedStorage pathlib.Path pathlib.PurePath "
            "pathlib.PosixPath pathlib.PurePosixPath pathlib.WindowsPath pathlib.PureWindowsPath "
            "pathlib._local.PosixPath pathlib._local.Path pathlib._local.PurePosixPath datetime.timezone "
            "datetime.datetime datetime.date datetime.time datetime.timedelta threading._RLock "
            "pyarrow.lib.type_for_alias pyarrow.lib.py_buffer"
        ),
        SAFE,
    ),
    **dict.fromkeys(
        ["operator.attrgetter", "operator.methodcaller", "_operator.attrgetter", "_operator.methodcaller"],
        Graded("dangerous", _REACHES),
    ),
    **dict.fromkeys(
        _words(
            "types.FunctionType types.CodeType types.LambdaType types.MethodType types.ModuleType types.CellType "
            "types.GetSetDescriptorType"
        ),
        Graded("unknown", "brings code of its own"),
    ),
    "torch.storage._load_from_bytes": Graded("unknown", "loads another pickle, which is looked into as well"),
    "functools.reduce": Graded("unknown", "calls what it is given"),
}
# packages whose every module's functions and classes only build data
_WHOLE = _words("sklearn imblearn scipy numpy collections decimal _decimal fractions itertools operator _operator math")
# packages whose classes (capitalised) and private rebuild functions only build data
_CLASSES = _words(
    "pandas lightgbm xgboost catboost torch pyarrow mlflow studiolo skops threadpoolctl joblib enum datetime weakref"
)
_PARTS_UNKNOWN = frozenset(_words("externals datasets testing _testing tests io conftest utils_testing"))
_NAMES_UNKNOWN = frozenset(
    _words(
        "load save savez savetxt savez_compressed fromfile memmap loadtxt genfromtxt fromregex DataSource "
        "open_memmap frompyfunc vectorize apply_along_axis fromfunction piecewise LowLevelCallable"
    )
)


def grade(module: str, name: str) -> Graded:
    """Grade an import; Python 2's names count as what they become.

    >>> grade("os", "system").grade, grade("sklearn.svm._classes", "SVC").grade, grade("shop", "Basket").grade
    ('dangerous', 'safe', 'unknown')
    """
    old = _compat_pickle.NAME_MAPPING.get((module, name)) or (_compat_pickle.IMPORT_MAPPING.get(module, module), name)
    found = _grade(module, name)
    if found.grade == "safe" or old == (module, name):
        return found
    mapped = _grade(*old)
    return found if found.grade == "dangerous" else mapped


def _grade(module: str, name: str) -> Graded:
    if (exact := _EXACT.get(f"{module}.{name}")) is not None:
        return exact
    if module in ("builtins", "__builtin__"):
        return _builtin(name)
    return _reaching(module, name) or _listed(module, name)


def _reaching(module: str, name: str) -> Graded | None:
    if (why := bad_module(module)) is not None:
        return Graded("dangerous", why)
    for part in name.split("."):
        if part in _WORDS or part in _BUILTINS_BAD or (part != "test" and part in _MODULES):
            return Graded("dangerous", _MODULES.get(part) or _BUILTINS_BAD.get(part) or _RUNS)
        if part.startswith("__") and not part.startswith("__pyx_unpickle_"):
            return Graded("dangerous", _REACHES)
    if "." in name:
        return Graded("unknown", "is an attribute of an attribute")
    return None


def _listed(module: str, name: str) -> Graded:
    root = module.split(".", 1)[0]
    parts = set(module.split("."))
    if root == "cloudpickle":
        return Graded("unknown", "brings code of its own")
    if root in _WHOLE or root in _CLASSES:
        if parts & _PARTS_UNKNOWN or name in _NAMES_UNKNOWN:
            return Graded("unknown", "may read files")
        if root in _WHOLE or name[:1].isupper() or name.startswith("_") or name.endswith(("Storage", "_type")):
            return SAFE
        return Graded("unknown", "is a function that no ordinary model needs while loading")
    if root == "__main__":
        return Graded("unknown", "was defined in the script that trained the model")
    return Graded("unknown", "is on no list of known types")


def _builtin(name: str) -> Graded:
    for part in name.split("."):
        if part in _BUILTINS_BAD:
            return Graded("dangerous", _BUILTINS_BAD[part])
    if name in _BUILTINS_GOOD or name.endswith(("Error", "Exception", "Warning")):
        return SAFE
    return (
        Graded("dangerous", _REACHES)
        if "." in name or name.startswith("__")
        else Graded("unknown", "is a rare built-in")
    )


def bad_module(module: str) -> str | None:
    """Return why a module, or a package above it, is dangerous.

    >>> bad_module("os.path"), bad_module("osmium")
    ('runs code or commands', None)
    """
    at = module
    while at:
        if at in _MODULES:
            return _MODULES[at]
        at = at.rpartition(".")[0]
    return None


def bad_words(names: tuple[object, ...]) -> list[str]:
    """Return those names used by embedded code that call for a look: commands, code from text, sockets."""
    return sorted({name for name in names if isinstance(name, str) and name in _CODE_WORDS})
