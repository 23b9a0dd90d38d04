"""What the three kinds of Azure Storage share: how one signs in, where the account answers, and what its codes mean."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from studiolo.kernel.errors import StudioloError
from studiolo.studio.datastores.errors import (
    AccessDenied,
    ContainerMissing,
    CredentialExpired,
    ObjectChanged,
    PathNotFound,
    StoreError,
    StoreFull,
    StoreUnreachable,
    WrongCredential,
)
from studiolo.studio.datastores.kinds._reach import judged
from studiolo.studio.datastores.kinds.base import library
from studiolo.studio.datastores.spec import Auth, Field, Surroundings

ACCOUNT = Field("account_name", "Storage account", required=True, example="companydata", pattern=r"[\w-]+")
ENDPOINT = Field(
    "endpoint",
    "Endpoint",
    "End of the host's name, or a whole address such as that of Azurite.",
    default="core.windows.net",
    group="Server",
)
PROTOCOL = Field("protocol", "Protocol", type="choice", choices=("https", "http"), default="https", group="Server")
KEY = Field("account_key", "Account key", required=True, secret=True, auth=("account_key",))
SAS = Field(
    "sas_token", "SAS token", "What follows the question mark.", required=True, secret=True, auth=("sas_token",)
)
PRINCIPAL = (
    Field("tenant_id", "Tenant ID", required=True, auth=("service_principal",)),
    Field("client_id", "Client ID", required=True, auth=("service_principal",)),
    Field("client_secret", "Client secret", required=True, secret=True, auth=("service_principal",)),
    Field(
        "authority_url",
        "Authority",
        "Only for sovereign clouds.",
        default="https://login.microsoftonline.com",
        type="url",
        auth=("service_principal",),
        group="Server",
    ),
)
BY_KEY = Auth("account_key", "Account key")
BY_SAS = Auth("sas_token", "SAS token", "A narrower right than the key, and one that ends.")
BY_PRINCIPAL = Auth("service_principal", "Service principal")
BY_IDENTITY = Auth(
    "identity",
    "Identity of this machine",
    "Managed identity, workload identity or `az login` of the account that runs the studio.",
)

_WRONG = {
    "AuthenticationFailed",
    "InvalidAuthenticationInfo",
    "NoAuthenticationInformation",
    "PublicAccessNotPermitted",
    "InvalidCredential",
}
_DENIED = {
    "AuthorizationFailure",
    "AuthorizationPermissionMismatch",
    "InsufficientAccountPermissions",
    "AuthorizationServiceMismatch",
    "AuthorizationProtocolMismatch",
    "AuthorizationResourceTypeMismatch",
    "AuthorizationSourceIPMismatch",
    "AccountIsDisabled",
    "ShareSnapshotNotFound",
}
_CONTAINER = {
    "ContainerNotFound",
    "ContainerBeingDeleted",
    "ShareNotFound",
    "ShareBeingDeleted",
    "FilesystemNotFound",
    "ContainerDisabled",
}
_PATH = {"BlobNotFound", "ResourceNotFound", "ParentNotFound", "PathNotFound"}


def account_url(config: Mapping[str, Any], service: str, about: Surroundings) -> str:
    """Return the address of an account's service, `blob` or `file`; it is judged."""
    endpoint = str(config.get("endpoint") or "core.windows.net").rstrip("/")
    if "://" in endpoint:
        url = endpoint
    else:
        url = f"{config.get('protocol') or 'https'}://{config['account_name']}.{service}.{endpoint}"
    judged(url, about)
    return url


def named(account: str, url: str) -> str:
    """Return how sentences name an account: with the address, where that does not say which account it is."""
    host = urlsplit(url).netloc
    return f"the storage account {account}" if host.startswith(account) else f"the storage account {account} at {host}"


def credential(title: str, config: Mapping[str, Any], credentials: Mapping[str, str]) -> Any:
    """Return what the clients of Azure take as a credential."""
    auth = config.get("auth", "none")
    if auth == "account_key":
        return {"account_name": str(config["account_name"]), "account_key": credentials["account_key"]}
    if auth == "sas_token":
        return alive(credentials["sas_token"].lstrip("?"))
    if auth == "service_principal":
        (identity,) = library(title, "azure", "azure.identity")
        return identity.ClientSecretCredential(
            str(config["tenant_id"]),
            str(config["client_id"]),
            credentials["client_secret"],
            authority=str(config.get("authority_url", "")).removeprefix("https://") or None,
        )
    if auth == "identity":
        (identity,) = library(title, "azure", "azure.identity")
        return identity.DefaultAzureCredential(exclude_interactive_browser_credential=True)
    return None


def alive(token: str) -> str:
    """Return a SAS token that has not ended; raises CredentialExpired."""
    if end := _ended(token):
        raise _sas_ended(end)
    return token


def _ended(token: str) -> str:
    """Return when a SAS token ended; nothing for one that has not, and for what is none."""
    end = parse_qs(token).get("se", [""])[0]
    try:
        return end if end and datetime.fromisoformat(end).astimezone(UTC) < datetime.now(UTC) else ""
    except ValueError:
        return ""


def _sas_ended(end: str) -> CredentialExpired:
    return CredentialExpired(f"The SAS token ended at {end}.", "Write a new one: studiolo datastores rotate")


def options(about: Surroundings) -> dict[str, Any]:
    """Return what every client is made with: short retries, and transfers in pieces of 8 MiB."""
    return {
        "retry_total": 2,
        "retry_connect": 1,
        "retry_read": 1,
        "initial_backoff": 1,
        "increment_base": 1,
        "connection_timeout": min(10, int(about.seconds) or 1),
        "read_timeout": int(about.seconds) or 1,
        "max_single_get_size": 8 << 20,
        "max_chunk_get_size": 8 << 20,
        "user_agent": "studiolo",
        "logging_enable": False,
    }


def code_of(error: Exception) -> str:
    """Return Azure's code of an error, such as `BlobNotFound`; it comes as an enumeration, or as a text."""
    known = getattr(error, "error_code", None)
    return str(getattr(known, "value", known) or "")


def _asked(error: Exception) -> str:
    """Return the address that was asked; a SAS token stands in it."""
    request = getattr(getattr(error, "response", None), "request", None)
    return str(getattr(request, "url", ""))


def cause(error: Exception, path: str, where: str, container: str) -> StudioloError | None:  # noqa: C901, PLR0911, PLR0912 - one line a cause
    """Name the cause by Azure's code."""
    name = type(error).__name__
    if name in ("CredentialUnavailableError", "ClientAuthenticationError") and not code_of(error):
        return WrongCredential(
            f"{where} was given no identity that counts.",
            "Check tenant, client and secret, or the identity of this machine.",
        )
    if name == "AzureSigningError":
        return WrongCredential(
            f"What was given for {where} is no account key: nothing can be signed with it.",
            "Paste it whole, as Azure shows it under Access keys; it ends with ==.",
        )
    status = getattr(error, "status_code", None)
    if status is None:
        return None
    if status < 300:
        return None  # an answer that began well and broke off
    code = code_of(error)
    said = str(getattr(error, "message", "")).lower()
    if status in (401, 403) and (end := _ended(urlsplit(_asked(error)).query)):
        return _sas_ended(end)  # in the middle of something: the server only says that it does not allow it
    if code in _WRONG or (status == 401 and not code):
        if "expir" in said:
            return CredentialExpired(
                f"The credential for {where} has expired.", "Write a new one: studiolo datastores rotate"
            )
        return WrongCredential(
            f"{where} did not accept the credential ({code or status}).",
            "Write it anew, and see that this machine's clock is right.",
        )
    if code in _DENIED or status == 403:
        return AccessDenied(
            f"{where} does not allow this ({code or status}).",
            "Check the key; else give the identity the role Storage Blob Data Contributor, take a wider SAS token, or let this machine "
            "through the account's firewall.",
        )
    if code in _CONTAINER:
        return ContainerMissing(f"There is no '{container}' in {where} ({code}).", "Check account and name.")
    if status == 404 and not path:
        return ContainerMissing(
            f"{where} answers nothing for '{container}' ({code or status}).", "Check account, endpoint and its name."
        )
    if code in _PATH or status == 404:
        return PathNotFound(path)
    if status in (412, 304) or code == "ConditionNotMet":
        return ObjectChanged(path)
    if status in (500, 502, 503, 504):
        return StoreUnreachable(f"{where} is busy or broken ({code or status}).", "Try again in a moment.")
    if code in ("AccountLimitExceeded", "ShareSizeLimitReached"):
        return StoreFull(f"{where} takes no more ({code}).", "Raise the quota.")
    return StoreError(f"{where} refused with {code or status}.", "Look the code up in Azure's documentation.")
