"""What settings are made of where a value of the environment is not enough; each refuses in one line."""

import os
import secrets
from importlib.util import find_spec
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from mindsite import embedded

env = environ.Env()
ENGINE = "mindsite.database"


def secret_key(path: Path) -> str:
    """The key in `path`, made at the first start; two starts at once agree on one."""
    try:
        if not path.exists():
            _make_secret_key(path)
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(
            f"The secret key {path} can't be read or made ({getattr(error, 'strerror', None) or 'it is no text'}): "
            "start as the user whose file it is, or set SECRET_KEY"
        ) from error


def _make_secret_key(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(secrets.token_urlsafe(50))
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def database(url: str) -> dict:
    """The default database: `url`, or the embedded PostgreSQL where it is empty."""
    if not url:
        return {"ENGINE": ENGINE, **embedded.database_settings()}
    try:
        known = env.db_url_config(url) if urlsplit(url).scheme in ("postgres", "postgresql") else {}
    except ValueError:  # a port that is no number, say
        known = {}
    if not known.get("NAME"):
        raise ImproperlyConfigured(
            "DATABASE_URL must be postgres://user:password@host:port/name; Mindsite needs PostgreSQL"
        )
    return {**known, "ENGINE": ENGINE}


def broker_options(url: str, master: str) -> dict[str, object]:
    """What kombu is told besides the address."""
    if url.startswith("amqp"):
        return {"confirm_publish": True}
    if not url.startswith(("redis", "sentinel")):
        return {}
    if url.startswith("sentinel") and not master:
        raise ImproperlyConfigured(
            "CELERY_BROKER_URL names Sentinels: set CELERY_BROKER_MASTER to what they call the master, such as mymaster"
        )
    # A killed worker's message comes back after the visibility time-out; kombu looks for such only every 10 x 10 s
    # unless told otherwise.
    patience = {
        "visibility_timeout": 60,
        "unacked_restore_interval": 2,
        "unacked_restore_throttle": 1,
        "socket_connect_timeout": 3,
    }
    return patience | ({"master_name": master} if url.startswith("sentinel") else {})


def pictures_store(bucket: str, endpoint: str, region: str) -> dict:
    """The store of pictures: a bucket of an S3-compatible service, or MEDIA_ROOT where none is named."""
    if not bucket:
        return {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    if not find_spec("storages") or not find_spec("boto3"):
        raise ImproperlyConfigured(
            "MEDIA_S3_BUCKET is set, but what talks to S3 is not installed: pip install -r requirements-s3.txt"
        )
    options: dict[str, object] = {"bucket_name": bucket, "region_name": region or None, "default_acl": None}
    if endpoint:
        options |= {"endpoint_url": endpoint, "client_config": _plain_s3()}
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}


def _plain_s3() -> object:
    """What services other than Amazon's understand: no host name for each bucket, no checksums in trailers."""
    from botocore.config import Config  # noqa: PLC0415 - installed only where an S3 store is used

    when = "when_required"
    return Config(s3={"addressing_style": "path"}, request_checksum_calculation=when, response_checksum_validation=when)


def networks(name: str) -> list[str]:
    try:
        return [str(ip_network(text)) for text in env.list(name, default=[])]
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}: {error}; give networks such as 10.20.0.0/16") from error


def keys(name: str) -> dict[str, str]:
    """A key for each host, from host=key,host=key; no key is none to be sent."""
    pairs = [each.partition("=") for each in env.list(name, default=[])]
    if not all(host.strip() and equals for host, equals, _ in pairs):
        raise ImproperlyConfigured(f"{name}: give host=key,host=key, such as gpu-a=KEY,*.models.example=KEY")
    return {host.strip(): key.strip() for host, _, key in pairs}


def one_of(name: str, choices: tuple[str, ...]) -> str:
    """The first of the choices where nothing is set."""
    said = env.str(name, choices[0])
    if said not in choices:
        known = ", ".join(choice for choice in choices if choice)
        raise ImproperlyConfigured(f"{name} is {said!r:.40}; there are {known}, or nothing")
    return said


ROLES = ("annotator", "researcher", "administrator")


def role_named(name: str, role: str) -> str:
    if role and role not in ROLES:
        raise ImproperlyConfigured(f"{name} names {role!r}, which is no role; there are {', '.join(ROLES)}")
    return role


def roles_of_claims(name: str) -> dict[str, str]:
    """`lab-heads=administrator,lab=researcher`: the claim's value, and the role that it stands for."""
    pairs = [pair.rpartition("=") for pair in env.list(name, default=[])]
    if odd := next((role for value, _, role in pairs if not value), None):
        raise ImproperlyConfigured(f"{name} has {odd!r}; write value=role, with commas between")
    return {value.strip(): role_named(name, role.strip()) for value, _, role in pairs}


def single_sign_on_check(issuer: str, client_id: str, *, passwords: bool) -> None:
    if issuer and not (urlsplit(issuer).scheme in ("http", "https") and urlsplit(issuer).netloc):
        raise ImproperlyConfigured(f"OIDC_ISSUER {issuer!r} is no address; give the provider's, with https://")
    if issuer and not client_id:
        raise ImproperlyConfigured("OIDC_ISSUER needs OIDC_CLIENT_ID, the name that the provider has for this site")
    if not issuer and not passwords:
        raise ImproperlyConfigured("PASSWORDS=0 needs OIDC_ISSUER: nobody could sign in")


def origin(address: str) -> list[str]:
    """Scheme, host and port; nothing of nothing."""
    parts = urlsplit(address)
    return [f"{parts.scheme}://{parts.netloc}"] if parts.netloc else []
