"""SQL Server, Snowflake and BigQuery have no server here: what is sent to their drivers, and what their errors become."""

import socket
from types import ModuleType

import pytest

from studiolo.kernel.errors import MissingExtra, StudioloError
from studiolo.studio.datastores import opening
from studiolo.studio.datastores.errors import (
    AccessDenied,
    ConnectionCut,
    ConnectionRefused,
    CredentialExpired,
    DatabaseMissing,
    DatastoreInvalid,
    DriverUnusable,
    NoAnswer,
    QueryFailed,
    QueryRefused,
    QueryTooSlow,
    StoreFull,
    TlsFailed,
    WrongCredential,
)
from studiolo.studio.datastores.spec import Surroundings, checked
from studiolo.studio.datastores.sql import bigquery, snowflake, sqlserver
from studiolo.studio.datastores.sql._statement import judged
from studiolo.testing.stores.servers import free_port

DRIVER = "Driver Error: Client unable to establish connection; DDBC Error:"  # words of mssql-python 1.16, as it said them here
KINDS = ("sqlserver", "snowflake", "bigquery")


@pytest.mark.parametrize("kind", KINDS)
def test_a_missing_driver_is_a_sentence_that_names_the_extra(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "installed", lambda found: False)
    with pytest.raises(MissingExtra, match=rf"studiolo\[{kind}\]"):
        opening.open_database("x", kind, "password", {"host": "h", "database": "d"}, {}, Surroundings())


@pytest.mark.parametrize("kind", KINDS)
def test_they_are_read_and_not_written(kind: str) -> None:
    assert not opening.spec(kind).writable
    assert opening.spec(kind).family == "sql"


@pytest.mark.parametrize(
    ("kind", "field", "good", "bad"),
    [
        ("snowflake", "account", "xy12345.eu-central-1.aws", "https://acme-prod.snowflakecomputing.com"),
        ("snowflake", "account", "acme-prod", "acme-prod.Snowflakecomputing.com"),
        ("bigquery", "project", "acme-shop", "Acme Shop"),
        ("bigquery", "project", "example.com:acme-shop", "projects/acme-shop"),
        ("sqlserver", "host", "db.example.org", "tcp:db.example.org/shop"),
    ],
)
def test_an_address_is_no_name(kind: str, field: str, good: str, bad: str) -> None:
    spec = opening.spec(kind)
    about = {"account": "a-b", "database": "D", "user": "u", "host": "h", "project": "acme-shop"}
    given = {one.name: about[one.name] for one in spec.fields if one.name in about and not one.secret}
    auth = spec.auth[0].name
    assert checked(spec, auth, given | {field: good})[field] == good
    with pytest.raises(DatastoreInvalid) as caught:
        checked(spec, auth, given | {field: bad})
    assert caught.value.field == f"config.{field}"


def test_a_connection_text_holds_no_more_than_it_should() -> None:
    config = {"host": "db.example.org", "port": 1444, "database": "a;Encrypt=no", "user": "ada", "tls": "strict"}
    text = sqlserver.connection_text(config, {"password": "}x{;Trusted_Connection=yes"})
    assert text == (
        "Server={tcp:db.example.org,1444};Database={a;Encrypt=no};UID={ada};PWD={}}x{;Trusted_Connection=yes};"
        "Encrypt=strict;ApplicationIntent=ReadOnly"
    )
    identity = sqlserver.connection_text({"host": "h", "database": "d", "auth": "identity"}, {})
    assert "PWD" not in identity
    assert "Authentication=ActiveDirectoryDefault" in identity


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("[28000] Login failed for user 'ada'. (18456)", WrongCredential),
        ('[42000] Cannot open database "shop" requested by the login. (4060)', DatabaseMissing),
        ("[42000] The SELECT permission was denied on the object 'orders' (229)", AccessDenied),
        (
            "[28000] Login failed for user 'ada'. Reason: The password of the account has expired. (18487)",
            CredentialExpired,
        ),
        ("[08001] SSL Provider: certificate verify failed: unable to get local issuer certificate", TlsFailed),
        ("[HYT00] Query timeout expired", QueryTooSlow),
        ("[42S22] Invalid column name 'x'. (207)", QueryFailed),
        (f"{DRIVER} [Microsoft][SQL Server]Login failed for user 'sa'.", WrongCredential),
        (
            f"{DRIVER} [Microsoft][SQL Server]Login failed for user 'sa'. Reason: The password of the account has expired.",
            CredentialExpired,
        ),
        (f"{DRIVER} Failed to load the driver. Please read the documentation (https://github.com)", DriverUnusable),
        (f"{DRIVER} [Microsoft]TCP Provider: Timeout error [258]. ", NoAnswer),
        (f"{DRIVER} [Microsoft]TCP Provider: Error code 0x2749", ConnectionCut),
        (
            f"{DRIVER} [Microsoft]Client unable to establish connection because of an error during handshakes before login.",
            ConnectionCut,
        ),
        (f"{DRIVER} [Microsoft]SSL Provider: Error code 0x80090308", TlsFailed),
    ],
)
def test_errors_of_sql_server(text: str, kind: type[StudioloError]) -> None:
    assert type(sqlserver.cause(text, "db:1433", "shop", 30)) is kind


def test_a_port_of_sql_server_where_nothing_listens_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The driver's own words are the same of a closed port and of another server at it."""
    driver = ModuleType("mssql_python")

    def connect(*_: object, **__: object) -> None:
        raise type("OperationalError", (Exception,), {"__module__": "mssql_python.exceptions"})(
            f"{DRIVER} [Microsoft]TCP Provider: Error code 0x2749"
        )

    monkeypatch.setattr(driver, "connect", connect, raising=False)
    monkeypatch.setattr(sqlserver, "library", lambda *_: (driver,))
    port = free_port()
    config = {"host": "127.0.0.1", "port": port, "database": "shop", "user": "sa"}
    database = sqlserver.open_database(config, {"password": "x"}, Surroundings(seconds=5))
    with pytest.raises(ConnectionRefused, match="Nothing listens"):
        database.schemas()
    with socket.create_server(("127.0.0.1", port)), pytest.raises(ConnectionCut, match="gave no answer"):
        database.schemas()


def test_options_of_snowflake() -> None:
    config = {"account": "org-prod", "database": "SHOP", "user": "ada", "role": "READER", "auth": "token"}
    found = snowflake.options(config, {"token": "pat"}, Surroundings(seconds=20, query_seconds=600))
    assert (found["account"], found["role"], found["token"]) == ("org-prod", "READER", "pat")
    assert found["session_parameters"]["STATEMENT_TIMEOUT_IN_SECONDS"] == 600
    assert "password" not in found
    assert "warehouse" not in found
    with pytest.raises(DatastoreInvalid) as caught:
        snowflake.options({**config, "auth": "key_pair"}, {"private_key": "no key"}, Surroundings())
    assert caught.value.field == "credentials.private_key"
    assert "no key" not in str(caught.value)


@pytest.mark.parametrize(
    ("number", "text", "kind"),
    [
        (250001, "Incorrect username or password was specified.", WrongCredential),
        (390144, "JWT token is invalid.", WrongCredential),
        (390318, "OAuth access token expired.", CredentialExpired),
        (3001, "SQL access control error: Insufficient privileges to operate on table 'ORDERS'", AccessDenied),
        (630, "Statement reached its statement or warehouse timeout of 60 second(s) and was canceled.", QueryTooSlow),
        (904, "SQL compilation error: invalid identifier 'X'", QueryFailed),
    ],
)
def test_errors_of_snowflake(number: int, text: str, kind: type[StudioloError]) -> None:
    assert type(snowflake.cause(number, text, "org-prod", 60)) is kind


@pytest.mark.parametrize("text", ["no json", "[]", '{"type": "authorized_user"}'])
def test_a_key_of_bigquery_is_looked_at_first(text: str) -> None:
    with pytest.raises(DatastoreInvalid) as caught:
        bigquery.key(text)
    assert caught.value.field == "credentials.key"


@pytest.mark.parametrize(
    ("status", "text", "kind"),
    [
        (401, "Invalid Credentials", WrongCredential),
        (403, "Access Denied: Table acme:shop.orders", AccessDenied),
        (403, "Quota exceeded: limit for bytes billed", StoreFull),
        (404, "Not found: Dataset acme:shop", DatabaseMissing),
        (400, "Unrecognized name: x at [1:8]", QueryFailed),
        (499, "Job execution was cancelled: Job timed out after 60s", QueryTooSlow),
    ],
)
def test_errors_of_bigquery(status: int, text: str, kind: type[StudioloError]) -> None:
    assert type(bigquery.cause(status, text, "acme", 60)) is kind


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * INTO copy FROM orders",
        "SELECT 1 UPDATE orders SET price = 0",
        "WITH x AS (DELETE FROM orders OUTPUT deleted.*) SELECT * FROM x",
        "SELECT 1; COMMIT",
        "EXEC sp_who",
    ],
)
def test_words_that_write_are_refused_where_no_transaction_holds(query: str) -> None:
    with pytest.raises(QueryRefused):
        judged(query, strict=True)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 'drop table; delete' AS \"update\", [insert], `merge` FROM orders -- delete",
        "(SELECT 1) UNION (SELECT 2);",
        "/* drop */ WITH a AS (SELECT 1) SELECT * FROM a ; -- done",
        "SELECT $$ ; drop $$",
    ],
)
def test_words_in_quotes_are_no_words(query: str) -> None:
    assert judged(query, strict=True)
