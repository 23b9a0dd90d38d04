"""moto's S3 as a server that holds 10,000 objects from the start: `python -m … PORT [auth]`.

Writing them by requests would take a minute; here they are put into its memory. With `auth` it checks signatures, and knows the
role ROLE, whose sessions end: by their time, and one called `ends-after-N` after N requests, as if its time were over then.
"""

import os
import sys
from typing import Any

USER_KEY = "AKIASTUDIOLOTESTKEY0"
USER_SECRET = "studiolo/test/secret/of/moto/0000000000"  # noqa: S105 - of the emulator
ROLE = "arn:aws:iam::123456789012:role/studiolo"
_ANYBODY = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}]}'
_POLICY = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'


def main() -> None:
    """Serve until killed."""
    port, auth = int(sys.argv[1]), sys.argv[2:3] == ["auth"]
    if auth:
        os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "0"
    os.environ.setdefault("MOTO_S3_DEFAULT_KEY_BUFFER_SIZE", str(1 << 20))
    from moto.core import DEFAULT_ACCOUNT_ID  # type: ignore[attr-defined]
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from moto.s3.models import s3_backends
    from werkzeug.serving import WSGIRequestHandler, run_simple

    from studiolo.testing.stores.checks import MANY

    s3 = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
    s3.create_bucket("data", "us-east-1")
    s3.create_bucket("versioned", "us-east-1")
    s3.put_bucket_versioning("versioned", "Enabled")
    for number in range(MANY):
        s3.put_object("data", f"many/f{number:05}", b"x")
    if auth:
        _guard()
    _ranges()

    class Quiet(WSGIRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else each answer waits 40 ms for an acknowledgement

        def log_request(self, *_: object, **__: object) -> None:
            return

    app = DomainDispatcherApplication(create_backend_app)
    run_simple("127.0.0.1", port, app, threaded=True, request_handler=Quiet)


def a_session(port: int, name: str) -> dict[str, str]:
    """Let a running server with `auth` give a session of ROLE; returns AccessKeyId, SecretAccessKey, SessionToken."""
    import botocore.session

    keys = {"aws_access_key_id": USER_KEY, "aws_secret_access_key": USER_SECRET}
    place = {"region_name": "us-east-1", "endpoint_url": f"http://127.0.0.1:{port}"}
    client = botocore.session.get_session().create_client("sts", **place, **keys)
    given: dict[str, str] = client.assume_role(RoleArn=ROLE, RoleSessionName=name)["Credentials"]
    return given


class _Bytes:
    """An object's bytes of which only the part that was asked for is read; moto would read all of it for each range."""

    def __init__(self, key: Any) -> None:
        self._key = key

    def __len__(self) -> int:
        return int(self._key.contentsize)

    def __getitem__(self, part: slice) -> bytes:
        with self._key.lock:
            self._key._value_buffer.seek(part.start)  # noqa: SLF001 - of moto
            found: bytes = self._key._value_buffer.read(part.stop - part.start)  # noqa: SLF001
            return found


def _ranges() -> None:
    from flask import has_request_context, request
    from moto.s3.models import FakeKey

    whole: Any = FakeKey.value  # a property; mypy sees what it returns

    def value(self: Any) -> Any:
        asked = request.headers.get("Range", "") if has_request_context() and request.method == "GET" else ""
        start, _, end = asked.removeprefix("bytes=").partition("-")
        size = int(self.contentsize)
        if start.isdigit() and end.isdigit() and int(start) < size and int(start) <= int(end):
            return _Bytes(self)
        return whole.fget(self)

    FakeKey.value = property(value, whole.fset)  # type: ignore[method-assign,assignment]


def _guard() -> None:
    from moto.core import DEFAULT_ACCOUNT_ID  # type: ignore[attr-defined]
    from moto.core.responses import ActionAuthenticatorMixin  # type: ignore[attr-defined]
    from moto.iam.models import AccessKey, iam_backends

    iam = iam_backends[DEFAULT_ACCOUNT_ID]["aws"]
    iam.create_user("us-east-1", "studiolo")
    iam.put_user_policy("studiolo", "all", _POLICY)
    key: AccessKey = iam.create_access_key("studiolo")
    user = iam.get_user("studiolo")
    key.access_key_id, key.secret_access_key = USER_KEY, USER_SECRET
    user.access_keys = [key]
    iam.access_keys = {USER_KEY: key}
    iam.create_role("studiolo", _ANYBODY, "/", None, "", [], "", "3600")
    iam.put_role_policy("studiolo", "all", _POLICY)
    ActionAuthenticatorMixin.request_count = 1 << 40
    _sessions_end()


def _sessions_end() -> None:
    """Refuse a session whose time is over as AWS does; moto keeps the time and never looks at it."""
    from datetime import timedelta
    from threading import Lock

    from moto.core.utils import utcnow
    from moto.iam import access_control
    from moto.s3.exceptions import S3ClientError
    from moto.sts.models import sts_backends

    class Expired(S3ClientError):
        code = 400  # type: ignore[assignment]

        def __init__(self) -> None:
            super().__init__("ExpiredToken", "The provided token has expired.")

    plain: Any = access_control.AssumedRoleAccessKey.__init__
    asked: dict[str, int] = {}
    lock = Lock()

    def init(self: Any, account_id: str, partition: str, access_key_id: str, headers: dict[str, str]) -> None:
        plain(self, account_id, partition, access_key_id, headers)
        found: Any = sts_backends[account_id][partition].get_assumed_role_from_access_key(access_key_id)
        with lock:
            asked[access_key_id] = asked.get(access_key_id, 0) + 1
            word, _, most = found.session_name.rpartition("-")
            if word == "ends-after" and asked[access_key_id] > int(most):
                found.expiration = utcnow() - timedelta(seconds=1)
        if found.expiration < utcnow():
            raise Expired

    access_control.AssumedRoleAccessKey.__init__ = init  # type: ignore[method-assign]


if __name__ == "__main__":
    main()
