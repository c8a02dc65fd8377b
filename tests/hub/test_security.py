"""Who may do what on the hub, tried from outside: as a stranger, as a student, and as a page of somebody else."""

from __future__ import annotations

import base64
import json
import os
import re
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from http.cookies import SimpleCookie
from pathlib import Path

import nbformat
import psutil
import pytest
import requests
import websocket
from playwright.sync_api import Browser, BrowserContext, Route

from course_lib.hub.exchange.client import Client
from course_lib.hub.place import COURSE
from tests.grading.attacks import views
from tests.grading.records import hostile
from tests.hub.centring import SLUG
from tests.hub.running import Hub, Person, host, wait_until

ELSEWHERE = "another-course"
NAMES = ("instructor", "ada", "ben")
CACHED = 25.0
"""Seconds within which a withdrawn token is refused everywhere: what servers remember of a token lasts ten."""


@pytest.fixture(scope="module")
def people(hub: Hub) -> dict[str, Person]:
    """Everybody, logged in, with a running server and its pages visited once; and a course that ada is not in."""
    found = {name: hub.log_in(name) for name in NAMES}
    for name, person in found.items():
        person.start_server()
        # A page first: an API leads nobody through the log-in.
        assert person.get(f"/user/{name}/lab").ok
        assert person.get(f"/user/{name}/api/contents").ok
    setup = Client(hub.exchange, hub.service_token())
    setup.add_course(ELSEWHERE)
    setup.add_students(ELSEWHERE, ["ben"])
    setup.release(ELSEWHERE, "secret", {"secret.ipynb": b"{}"})
    Client(hub.exchange, found["ben"].token()).submit(COURSE, SLUG, {f"{SLUG}.ipynb": b"{}"})
    return found


@pytest.fixture(scope="module")
def kernel(hub: Hub, people: dict[str, Person]) -> str:
    """A running kernel of ben's; its path on the site."""
    answer = requests.post(
        f"{hub.url}/user/ben/api/kernels", headers=bearer(people["ben"].token()), json={}, timeout=60
    )
    answer.raise_for_status()
    return f"/user/ben/api/kernels/{answer.json()['id']}"


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def refused(answer: requests.Response) -> bool:
    """Nothing was given: no right, or the log-in page."""
    return answer.status_code in (401, 403) or at_log_in(answer)


def at_log_in(answer: requests.Response) -> bool:
    return answer.ok and "/hub/login" in answer.url and 'name="password"' in answer.text


def processes(hub: Hub) -> list[psutil.Process]:
    """The hub with all that it has started."""
    assert hub.process is not None
    top = psutil.Process(hub.process.pid)
    return [top, *top.children(recursive=True)]


def server_environment(hub: Hub, name: str) -> dict[str, str]:
    """The environment of somebody's server, which they can read."""
    for process in processes(hub):
        if "jupyterhub.singleuser" in process.cmdline():
            environment = process.environ()
            if environment.get("JUPYTERHUB_USER") == name:
                return environment
    raise AssertionError(f"{name} has no server")


# Strangers

PAGES = (
    *("/hub/home", "/hub/admin", "/hub/token", "/hub/spawn", "/hub/spawn/ada", "/hub/metrics"),
    *("/hub/api/users", "/hub/api/users/ada", "/hub/api/user", "/hub/api/groups", "/hub/api/proxy"),
    *("/hub/api/services", "/hub/api/info", "/hub/api/users/ada/tokens", "/hub/user-redirect/lab"),
    *("/user/ada/", "/user/ada/lab", "/user/ada/tree", "/user/ada/api/contents", "/user/ada/api/kernels"),
    *("/user/ada/api/status", "/user/ada/api/terminals", "/user/ada/files/x", "/user/ada/nbconvert/html/x"),
    *("/user/ada/assignments", "/user/ada/lab/api/settings"),
    *("/user/instructor/formgrader", "/user/instructor/formgrader/manage_assignments"),
    *("/user/instructor/formgrader/api/assignments", "/user/instructor/formgrader/submissions/x/y.html"),
    "/user/instructor/files/course/source/centring/centring.ipynb",
    *("/services/ngshare/courses", f"/services/ngshare/assignments/{COURSE}"),
    *(f"/services/ngshare/assignment/{COURSE}/{SLUG}", f"/services/ngshare/submissions/{COURSE}/{SLUG}"),
    *("/services/grading/", "/services/grading/submission/1/", "/services/grading/submission/1/centring"),
)
ABSENT = (
    "/services/ngshare/",
    "/services/ngshare/initialize-Data6ase",
    "/services/ngshare/oauth_callback?code=x",
)
"""ngshare has these; they are for debugging, and for people with cookies."""


@pytest.mark.parametrize("path", PAGES)
def test_a_stranger_gets_nothing(hub: Hub, people: dict[str, Person], path: str) -> None:
    answer = requests.get(hub.url + path, timeout=60)
    assert refused(answer), f"{answer.status_code} {answer.url}"


@pytest.mark.parametrize("path", ABSENT)
def test_what_ngshare_offers_besides_is_not_there(hub: Hub, people: dict[str, Person], path: str) -> None:
    token = people["ben"].token()
    for headers in ({}, bearer(token), bearer(hub.service_token())):
        answer = requests.get(hub.url + path, headers=headers, timeout=60, allow_redirects=False)
        assert answer.status_code in (403, 404), path


@pytest.mark.parametrize("token", ["", "x", "None", "0" * 32, "é"])
def test_an_invented_token_gets_nothing(hub: Hub, people: dict[str, Person], token: str) -> None:
    for path in ("/hub/api/users", "/hub/api/user", "/user/ada/api/contents", "/services/ngshare/courses"):
        headers = {"Authorization": f"token {token}".encode()}
        assert refused(requests.get(hub.url + path, headers=headers, timeout=60)), path
        assert refused(requests.get(hub.url + path, params={"token": token}, timeout=60)), path


# Students

OTHERS = (
    *(
        "/user/ben/",
        "/user/ben/lab",
        "/user/ben/api/contents",
        "/user/ben/api/kernels",
        "/user/ben/api/sessions",
    ),
    *("/user/ben/api/terminals", "/user/ben/files/x", "/user/ben/assignments", "/user/ben/api/status"),
    *("/user/instructor/", "/user/instructor/lab", "/user/instructor/api/contents/course"),
    *("/user/instructor/formgrader", "/user/instructor/formgrader/manage_assignments"),
    *("/user/instructor/formgrader/gradebook", "/user/instructor/formgrader/api/assignments"),
    *("/user/instructor/formgrader/api/grades", "/user/instructor/formgrader/submissions/x/y.html"),
    f"/user/instructor/files/course/source/{SLUG}/{SLUG}.ipynb",
    *("/hub/admin", "/hub/api/users", "/hub/api/users/ben", "/hub/api/users/ben/tokens", "/hub/api/proxy"),
    *("/hub/spawn/ben", "/hub/metrics", "/services/ngshare/courses/all"),
    *(f"/services/ngshare/assignments/{ELSEWHERE}", f"/services/ngshare/assignment/{ELSEWHERE}/secret"),
    *(f"/services/ngshare/students/{COURSE}", f"/services/ngshare/submissions/{COURSE}"),
    *(f"/services/ngshare/submissions/{COURSE}/{SLUG}", f"/services/ngshare/submissions/{COURSE}/{SLUG}/ben"),
    f"/services/ngshare/submission/{COURSE}/{SLUG}/ben",
    f"/services/ngshare/feedback/{COURSE}/{SLUG}/ben?timestamp=2026-01-01 00:00:00.000000",
)


@pytest.mark.parametrize("path", OTHERS)
def test_a_student_gets_nothing_of_others(hub: Hub, people: dict[str, Person], path: str) -> None:
    """With her cookies, with a token of hers, and with the token of her server."""
    ada = people["ada"]
    wide = ada.token()
    answers = {
        "cookies": ada.get(path),
        "a token": requests.get(hub.url + path, headers=bearer(wide), timeout=60),
        "a token in the address": requests.get(hub.url + path, params={"token": wide}, timeout=60),
        "her server's token": requests.get(
            hub.url + path,
            headers=bearer(server_environment(hub, "ada")["JUPYTERHUB_API_TOKEN"]),
            timeout=60,
        ),
    }
    for how, answer in answers.items():
        # The hub says 404 of people that one may not know to exist.
        assert refused(answer) or answer.status_code == 404, f"with {how}: {answer.status_code} {answer.url}"
        assert SLUG not in answer.text.replace(path, "")


@pytest.mark.parametrize(
    "path",
    ["formgrader", "formgrader/manage_assignments", "formgrader/api/assignments", "formgrader/gradebook"],
)
def test_a_student_has_no_formgrader(people: dict[str, Person], path: str) -> None:
    assert people["ada"].get(f"/user/ada/{path}").status_code == 404
    assert people["instructor"].get(f"/user/instructor/{path}").ok


ACTIONS = (
    *(("POST", "/users/mallory"), ("DELETE", "/users/ben"), ("PATCH", "/users/ada"), ("PATCH", "/users/ben")),
    *(("POST", "/users/ben/tokens"), ("POST", "/users/ben/server"), ("DELETE", "/users/ben/server")),
    *(
        ("POST", "/shutdown"),
        ("POST", "/proxy"),
        ("PATCH", "/proxy"),
        ("POST", f"/groups/formgrade-{COURSE}/users"),
    ),
    *(("POST", "/groups/mine"), ("POST", "/users/ada/shares"), ("POST", "/shares/ben/")),
)


@pytest.mark.parametrize(("method", "path"), ACTIONS, ids=lambda value: value)
def test_a_student_cannot_run_the_hub(people: dict[str, Person], method: str, path: str) -> None:
    ada = people["ada"]
    body = json.dumps({"admin": True, "users": ["ada"], "usernames": ["ada"], "user": "ada"})
    with_cookies = ada.ask_hub(method, path, data=body)
    with_token = requests.request(
        method, f"{ada.hub.url}/hub/api{path}", headers=bearer(ada.token()), data=body, timeout=60
    )
    # 400 and 405: not even a request that the hub knows.
    assert {with_cookies.status_code, with_token.status_code} <= {400, 403, 404, 405}
    assert not ada.ask_hub("GET", "/user").json()["admin"]


def test_a_student_gives_herself_no_wider_token(people: dict[str, Person]) -> None:
    for scopes in (["admin:users"], ["access:servers!user=ben"], ["admin:services"], ["list:users"]):
        answer = people["ada"].ask_hub(
            "POST", "/users/ada/tokens", data=json.dumps({"scopes": scopes, "expires_in": 60})
        )
        assert answer.status_code in (400, 403), scopes


def test_nobody_but_a_service_is_an_administrator(people: dict[str, Person]) -> None:
    for person in people.values():
        told = person.ask_hub("GET", "/user").json()
        assert not told["admin"]
        assert not [scope for scope in told["scopes"] if scope.startswith("admin")]


@pytest.mark.parametrize("how", ["cookies", "token", "token in the address", "nothing"])
def test_a_kernel_talks_to_its_owner_only(hub: Hub, people: dict[str, Person], kernel: str, how: str) -> None:
    def connects(name: str) -> bool:
        person = people[name]
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in person.session.cookies)
        headers = {
            "cookies": {"Cookie": cookies},
            "token": bearer(person.token()),
            "token in the address": {},
            "nothing": {},
        }[how]
        query = f"?token={person.token()}" if how == "token in the address" else ""
        try:
            channel = websocket.create_connection(
                f"ws://{host(hub.url)}{kernel}/channels{query}", timeout=30, header=headers, origin=hub.url
            )
        except websocket.WebSocketBadStatusException as refusal:
            return refusal.status_code not in (401, 403)
        channel.close()
        return True

    # JupyterHub takes no token from an address: those are logged, and sent on by links.
    assert connects("ben") == (how in ("cookies", "token"))
    assert not connects("ada")
    assert not connects("instructor")


def test_another_origin_gets_no_kernel(hub: Hub, people: dict[str, Person], kernel: str) -> None:
    """A page of another site has the browser send ben's cookies along."""
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in people["ben"].session.cookies)
    with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
        websocket.create_connection(
            f"ws://{host(hub.url)}{kernel}/channels",
            timeout=30,
            header={"Cookie": cookies},
            origin="http://attacker.example",
        )


@pytest.mark.parametrize(
    ("method", "path", "fields"),
    [
        ("POST", f"submission/{ELSEWHERE}/secret", {"files": "[]"}),
        ("PUT", f"assignment/{COURSE}/{SLUG}", {"files": "[]"}),
        ("POST", f"assignment/{COURSE}/new", {"files": "[]"}),
        ("DELETE", f"assignment/{COURSE}/{SLUG}", {}),
        ("POST", "course/mine", {}),
        ("DELETE", f"course/{COURSE}", {}),
        ("POST", f"student/{ELSEWHERE}/ada", {"first_name": "", "last_name": "", "email": ""}),
        ("POST", f"instructor/{COURSE}/ada", {"first_name": "", "last_name": "", "email": ""}),
        ("POST", f"students/{ELSEWHERE}", {"students": '[{"username": "ada"}]'}),
        ("DELETE", f"student/{COURSE}/ben", {}),
        ("POST", f"feedback/{COURSE}/{SLUG}/ada", {"timestamp": "2026-01-01 00:00:00.0", "files": "[]"}),
    ],
)
def test_a_student_cannot_run_the_exchange(
    hub: Hub, people: dict[str, Person], method: str, path: str, fields: dict[str, str]
) -> None:
    for token in (people["ada"].token(), server_environment(hub, "ada")["JUPYTERHUB_API_TOKEN"]):
        sent = {name: (None, text) for name, text in fields.items()} or None
        answer = requests.request(
            method, f"{hub.exchange}/{path}", headers=bearer(token), files=sent, timeout=60
        )
        assert answer.status_code in (403, 404, 405), answer.text
    setup = Client(hub.exchange, hub.service_token())
    assert setup.students(COURSE) == ["ada", "ben"]
    assert setup.students(ELSEWHERE) == ["ben"]
    assert list(setup.assignments(COURSE)) == [SLUG]


# Passwords and secrets


def test_usual_passwords_are_refused(hub: Hub) -> None:
    """Four for each, as the fifth would make everybody wait; the generated ones have 96 random bits."""
    for name in NAMES:
        for password in ("", name, "password", "jupyter"):
            answer = Person(hub, name).log_in(password)
            assert answer.status_code == 403, f"{name}: {password!r}"
        assert len(base64.urlsafe_b64decode(hub.passwords[name])) == 12
        hub.log_in(name)
    for name in ("admin", "root", "jovyan", os.environ.get("USER", "root")):
        assert Person(hub, name).log_in(name).status_code in (403, 429)
    assert len(set(hub.passwords.values())) == len(NAMES)


def test_guessing_is_slowed_down(hub: Hub) -> None:
    """Under a name that nobody has, as real ones would then have to wait in other tests."""
    codes = [Person(hub, f"nobody{number}").log_in("guess").status_code for number in range(8)]
    assert codes[-1] == 429


def test_secrets_are_stored_nowhere_in_clear(hub: Hub, people: dict[str, Person]) -> None:
    words = [word.encode() for word in hub.passwords.values()]
    secret = [token.encode() for token in hub.place.tokens().values()]
    # JupyterHub keeps the environment of its services in its database.
    kept = (hub.place.root / "tokens.json", hub.place.database)
    for path in hub.place.root.rglob("*"):
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            assert not any(word in content for word in words), f"{path} has a password"
            if path not in kept:
                assert not any(token in content for token in secret), f"{path} has a token"


def test_private_files_are_private(hub: Hub, people: dict[str, Person]) -> None:
    place = hub.place
    for path in (place.root, *(path for path in place.root.iterdir() if path.is_dir())):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700, path
    for path in (place.accounts, place.root / "tokens.json", place.cookie_secret, place.database):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_no_command_line_tells_a_secret(hub: Hub, people: dict[str, Person]) -> None:
    """Everybody on the machine can read those."""
    secret = {*hub.place.tokens().values(), *hub.passwords.values()}
    lines = [" ".join(process.cmdline()) for process in processes(hub)]
    assert not [line for line in lines if any(word in line for word in secret)]
    for process in processes(hub):
        if "jupyterhub.singleuser" in process.cmdline():
            inherited = " ".join(process.environ().values())
            assert not any(word in inherited for word in secret), "a server has a secret of the hub's"


# The network


def test_everything_listens_on_this_machine_only(hub: Hub, people: dict[str, Person], kernel: str) -> None:
    listening = [
        (" ".join(process.cmdline())[:100], connection.laddr.ip)
        for process in processes(hub)
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN or connection.type == socket.SOCK_DGRAM
    ]
    assert len(listening) > 5, "the proxy, the hub, the services and the servers listen"
    assert {address for _, address in listening} <= {"127.0.0.1", "::1"}, listening


# Tokens and sessions


def test_a_token_expires(hub: Hub, people: dict[str, Person]) -> None:
    """On the hub at once; where it was seen before, as soon as that is forgotten."""
    token = people["ada"].token(seconds=8)
    pages = ("/hub/api/user", "/user/ada/api/contents", "/services/ngshare/courses")
    for path in pages:
        assert requests.get(hub.url + path, headers=bearer(token), timeout=30).ok, path
    for path in pages:
        wait_until(
            lambda path=path: refused(requests.get(hub.url + path, headers=bearer(token), timeout=30)),
            f"the token expires at {path}",
            8 + CACHED,
        )


def test_no_token_lives_for_ever(people: dict[str, Person]) -> None:
    for wanted in ({}, {"expires_in": 0}, {"expires_in": 10**9}):
        told = people["ada"].ask_hub("POST", "/users/ada/tokens", data=json.dumps(wanted))
        assert told.status_code in (400, 403) or told.json()["expires_at"], wanted


def test_a_stopped_server_leaves_no_token(hub: Hub) -> None:
    ben = hub.log_in("ben")
    ben.start_server()
    token = server_environment(hub, "ben")["JUPYTERHUB_API_TOKEN"]
    pages = ("/hub/api/user", "/services/ngshare/courses")
    for path in pages:
        assert requests.get(hub.url + path, headers=bearer(token), timeout=30).ok
    ben.stop_server()
    for path in pages:
        wait_until(
            lambda path=path: refused(requests.get(hub.url + path, headers=bearer(token), timeout=30)),
            f"the token is refused at {path}",
            CACHED,
        )


def test_log_out_ends_the_session(hub: Hub, people: dict[str, Person]) -> None:
    """In the browser, and for who has copied the cookie of her server."""
    ada = hub.log_in("ada")
    assert ada.get("/user/ada/lab").ok
    copied = requests.Session()
    for cookie in ada.session.cookies:
        if cookie.path.startswith("/user/") or cookie.name == "jupyterhub-session-id":
            copied.cookies.set_cookie(cookie)
    assert copied.get(f"{hub.url}/user/ada/api/contents", timeout=30).ok
    ada.get("/hub/logout")
    for path in ("/hub/home", "/hub/token", "/user/ada/lab"):
        assert at_log_in(ada.get(path)), path
    assert ada.get("/user/ada/api/contents").status_code == 403
    wait_until(
        lambda: refused(copied.get(f"{hub.url}/user/ada/api/contents", timeout=30)),
        "the copied cookie is refused",
        CACHED,
    )


def test_cookies_are_as_narrow_as_they_can_be(hub: Hub, people: dict[str, Person]) -> None:
    ada = Person(hub, "ada")
    seen: dict[str, list] = {}

    def note(answer: requests.Response, *args: object, **kwargs: object) -> None:
        for line in answer.raw.headers.getlist("Set-Cookie"):
            for name, morsel in SimpleCookie(line).items():
                if morsel.value:  # not one that is taken back
                    seen.setdefault(name, []).append(morsel)

    ada.session.hooks["response"].append(note)
    ada.log_in(hub.passwords["ada"])
    ada.get("/user/ada/lab")
    ada.get("/services/grading/")
    paths = {
        "jupyterhub-hub-login": "/hub/",
        "jupyterhub-user-ada": "/user/ada/",
        "service-grading": "/services/grading/",
    }
    assert paths.keys() | {"jupyterhub-session-id", "_xsrf"} <= seen.keys()
    for name, morsels in seen.items():
        for morsel in morsels:
            if name == "_xsrf":  # Scripts of the page send it back; it is of use with the other cookies only.
                assert morsel["path"] in paths.values()
                continue
            assert morsel["httponly"], name
            assert morsel["samesite"].lower() == "lax", name
            assert not morsel["domain"], name
            if name in paths:
                assert morsel["path"] == paths[name]


# Requests that another page makes


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/hub/api/users/ada/tokens", "{}"),
        ("DELETE", "/hub/api/users/ada/server", ""),
        ("POST", "/hub/login", "username=ada&password=x"),
        ("POST", "/hub/spawn", ""),
        ("POST", "/user/ada/api/contents", '{"type": "file"}'),
        ("POST", "/user/ada/api/kernels", "{}"),
        ("PUT", "/user/ada/api/contents/x.txt", '{"type": "file", "format": "text", "content": ""}'),
        ("POST", "/user/ada/api/terminals", ""),
        ("POST", "/user/ada/assignments/submit", f"course_id={COURSE}&assignment_id={SLUG}"),
        ("POST", "/services/grading/", ""),
    ],
)
def test_a_request_without_the_pages_own_mark_is_refused(
    people: dict[str, Person], method: str, path: str, body: str
) -> None:
    """Her browser sends her cookies with it, whoever wrote the page."""
    ada = people["ada"]
    for mark in ({}, {"X-XSRFToken": "invented"}, {"X-XSRFToken": "2|00000000|00|1"}):
        answer = ada.session.request(method, ada.hub.url + path, data=body, headers=mark, timeout=60)
        assert answer.status_code in (403, 405), f"{answer.status_code}: {answer.text[:200]}"
    if path.startswith("/services/grading"):
        return
    assert answer.status_code == 403


def test_a_mark_of_one_person_is_of_no_use_to_another(hub: Hub, people: dict[str, Person]) -> None:
    """Ada's page cannot act on ben's server with ben's cookies and her mark."""
    bens, adas = people["ben"], people["ada"]
    mark = {"X-XSRFToken": adas.session.cookies.get("_xsrf", path="/user/ada/")}
    answer = bens.session.post(f"{hub.url}/user/ben/api/contents", headers=mark, data="{}", timeout=60)
    assert answer.status_code == 403


def test_no_page_can_be_framed_by_another(people: dict[str, Person]) -> None:
    for path in (
        "/hub/home",
        "/user/instructor/lab",
        "/user/instructor/formgrader/gradebook",
        "/services/grading/",
    ):
        answer = people["instructor"].get(path)
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"], path


# Configuration

WEAKER = {
    "allow_all": True,
    "allow_any": True,
    "allow_origin": None,
    "allow_origin_pat": None,
    "allow_unauthenticated_access": True,
    "any_allow_config": None,
    "authenticate_prometheus": False,
    "delete_invalid_users": None,
    "disable_check_xsrf": True,
    "disable_user_config": None,
    "admin_access": True,
    "admin_users": None,
    "allow_root": None,
    "api_tokens": None,
    "cookie_secret": None,
    "password": None,
    "hashed_password": None,
    "token": None,
    "trust_xheaders": None,
    "trusted_alt_names": None,
    "nbconvert_csp_sandbox": False,
    "allow_credentials": True,
    "debug_proxy": True,
    "debug_db": True,
    "redirect_to_server": None,
    "auth_enabled": False,
    "check_xsrf": False,
    "ssl_options": None,
}
"""Settings by which JupyterHub and Jupyter Server switch a protection off; None: whatever the value."""


def weakened(config: object) -> Iterator[str]:
    for section, values in config.items() if isinstance(config, dict) else ():
        for name, value in values.items() if isinstance(values, dict) else ():
            if name in WEAKER and (WEAKER[name] is None or value == WEAKER[name]):
                yield f"{section}.{name} = {value!r}"


def told(command: list[str], environment: dict[str, str], folder: Path) -> dict:
    """The configuration that a program tells."""
    done = subprocess.run(
        [sys.executable, *command], env=environment, cwd=folder, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout[done.stdout.index("{") :])


def test_the_hub_switches_no_protection_off(hub: Hub, people: dict[str, Person]) -> None:
    running = next(process for process in processes(hub) if "jupyterhub" in process.cmdline())
    arguments = running.cmdline()[running.cmdline().index("jupyterhub") + 1 :]
    config = told(["-m", "jupyterhub", *arguments, "--show-config-json"], running.environ(), hub.place.run)
    assert config["JupyterHub"]["authenticator_class"] == "course_lib.hub.authenticator.CourseAuthenticator"
    assert not list(weakened(config))
    assert config["JupyterHub"]["bind_url"].startswith("http://127.0.0.1:")
    assert not [role for role in config["JupyterHub"]["load_roles"] if "admin" in str(role)]
    assert not {"JUPYTERHUB_XSRF_ANONYMOUS_IP_CIDRS"} & running.environ().keys()


_SERVERS_CONFIG = """
import json
from jupyter_server.serverapp import ServerApp
app = ServerApp()
app.load_config_file()
print(json.dumps(app.config, default=str))
"""


@pytest.mark.parametrize("name", ["instructor", "ada"])
def test_no_server_switches_a_protection_off(hub: Hub, people: dict[str, Person], name: str) -> None:
    environment = server_environment(hub, name)
    config = told(["-c", _SERVERS_CONFIG], environment, hub.place.home(name))
    assert config["HubOAuth"] == {"cache_max_age": 10}
    assert "IdentityProvider" not in config
    assert not list(weakened(config))
    settings = config.get("ServerApp", {}).get("tornado_settings", {})
    assert settings.keys() <= {"headers"}
    assert "frame-ancestors 'none'" in settings.get("headers", {}).get(
        "Content-Security-Policy", "frame-ancestors 'none'"
    )


# What instructors look at

_CANARY = "window.count = 0; window.ran = () => { window.count += 1 }"
_PRESS = "document.querySelectorAll('a[href^=javascript]').forEach((link) => link.click())"
_FORMULAS = "https://cdnjs.cloudflare.com/ajax/libs/"
"""nbgrader's own templates name this host; the libraries come from there where there is a network."""

PAGE = b"<title>quiet</title><script>document.title = 'ran'; fetch('/hub/api/user')</script>"


@pytest.fixture(scope="module")
def hostile_work(hub: Hub, people: dict[str, Person]) -> dict[str, str]:
    """Ada hands in an attack; nbgrader itself collects it, runs it and makes the feedback. Its row for formgrader."""
    released = nbformat.read(hub.place.course / "release" / SLUG / f"{SLUG}.ipynb", as_version=4)
    for cell in released.cells:
        match cell.metadata.get("nbgrader", {}).get("grade_id"):
            case "why":
                cell.source = hostile.MARKDOWN
            case "means":
                cell.source = f"def means(X):\n    raise ValueError({hostile.EVIL!r})"
    shown = nbformat.reads(hostile.text(), as_version=4)
    released.cells += [cell for cell in shown.cells if "nbgrader" not in cell.metadata]
    files = {f"{SLUG}.ipynb": nbformat.writes(released).encode(), "page.html": PAGE, "page.svg": _svg()}
    Client(hub.exchange, people["ada"].token()).submit(COURSE, SLUG, files)
    environment = server_environment(hub, "instructor")
    for name in ("JUPYTER_DEFAULT_PROVISIONER_NAME", "COURSE_WARM_DIR"):  # an ordinary kernel will do
        environment.pop(name, None)
    for step in (["collect", SLUG], ["autograde", SLUG, "--student=ada"], ["generate_feedback", SLUG]):
        done = subprocess.run(
            [sys.executable, "-m", "nbgrader", *step],
            cwd=hub.place.course,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr[-3000:]
    rows = (
        people["instructor"].get(f"/user/instructor/formgrader/api/submitted_notebooks/{SLUG}/{SLUG}").json()
    )
    return next(row for row in rows if row["student"] == "ada")


def _svg() -> bytes:
    return b"<svg xmlns='http://www.w3.org/2000/svg'><title>quiet</title><script>ran()</script></svg>"


@pytest.fixture(scope="module")
def instructors_browser(browser: Browser, hub: Hub, people: dict[str, Person]) -> Iterator[BrowserContext]:
    """A browser in which the instructor is logged in; it reaches nothing but the hub."""
    context = browser.new_context()
    context.add_init_script(_CANARY)
    context.add_cookies(
        [
            {"name": cookie.name, "value": cookie.value or "", "domain": "127.0.0.1", "path": cookie.path}
            for cookie in people["instructor"].session.cookies
        ]
    )
    context.set_default_timeout(120_000)
    yield context
    context.close()


def looked_at(hub: Hub, context: BrowserContext, path: str, shows: str) -> list[str]:
    """Open a page that shows an element; what was asked of others, after every link was pressed."""
    page = context.new_page()
    asked: list[str] = []

    # Noted here is what would have left the browser, and not what its policy has stopped before.
    def stop(route: Route) -> None:
        asked.append(route.request.url)
        route.abort()

    page.route(lambda address: not address.startswith((hub.url, "data:", "blob:", "about:")), stop)
    page.goto(hub.url + path)
    page.wait_for_selector(shows, state="attached")
    page.evaluate(_PRESS)
    page.wait_for_timeout(300)
    assert page.url.startswith(hub.url)
    assert [frame.evaluate("window.count") for frame in page.frames] == [0] * len(page.frames)
    page.close()
    return [address for address in asked if not address.startswith(_FORMULAS)]


def test_formgrader_runs_nothing_of_a_student(
    hub: Hub, hostile_work: dict[str, str], instructors_browser: BrowserContext
) -> None:
    """Although nbgrader itself graded it, which keeps everything that the code has shown."""
    kept = (hub.place.course / "autograded" / "ada" / SLUG / f"{SLUG}.ipynb").read_text()
    assert "<script>" in kept
    path = f"/user/instructor/formgrader/submissions/{hostile_work['id']}/"
    assert looked_at(hub, instructors_browser, path, "#why-comment") == []
    lists = ("gradebook", f"gradebook/{SLUG}", f"gradebook/{SLUG}/{SLUG}", f"manage_submissions/{SLUG}")
    for name in (*lists, "manage_students", "manage_students/ada"):
        assert looked_at(hub, instructors_browser, f"/user/instructor/formgrader/{name}", "table td a") == []


@pytest.mark.parametrize("name", ["page.html", "page.svg"])
def test_a_page_that_a_student_handed_in_acts_on_nothing(
    hub: Hub,
    people: dict[str, Person],
    hostile_work: dict[str, str],
    instructors_browser: BrowserContext,
    name: str,
) -> None:
    path = f"/user/instructor/formgrader/submissions/{hostile_work['id']}/{name}"
    answer = people["instructor"].get(path)
    assert answer.ok
    assert answer.headers["Content-Security-Policy"].endswith("; sandbox")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert looked_at(hub, instructors_browser, path, "title") == []
    page = instructors_browser.new_page()
    page.goto(hub.url + path)
    assert page.title() != "ran"
    page.close()
    other = people["instructor"].get(f"/user/instructor/files/course/submitted/ada/{SLUG}/{name}")
    assert "; sandbox" in other.headers["Content-Security-Policy"], "the server's own view of the file"


def test_formgraders_other_addresses_work(people: dict[str, Person], hostile_work: dict[str, str]) -> None:
    """What answers for students' files answers for nothing else."""
    one = f"/user/instructor/formgrader/submissions/{hostile_work['id']}"
    for path in (f"{one}/next", f"{one}/prev", f"{one}/next_incorrect/", one):
        answer = people["instructor"].get(path)
        assert answer.ok
        assert "sandbox" not in answer.headers["Content-Security-Policy"]
    assert people["instructor"].get(f"{one}/../../../etc/passwd").status_code in (403, 404)
    assert people["instructor"].get(f"{one}/%2e%2e/%2e%2e/x/y.ipynb").status_code in (403, 404)


def test_feedback_runs_nothing_of_a_student(hub: Hub, hostile_work: dict[str, str], browser: Browser) -> None:
    """Opened from the disk, where no header protects."""
    page = hub.place.course / "feedback" / "ada" / SLUG / f"{SLUG}.html"
    assert views.looked_at(browser, page.read_text()) == "0 scripts ran, 0 addresses of the attacker's asked"


def test_jupyterlab_runs_nothing_of_a_student(
    hub: Hub, hostile_work: dict[str, str], instructors_browser: BrowserContext
) -> None:
    """The notebook as it was handed in, with the outputs that the student has put into it."""
    path = f"/user/instructor/lab/tree/course/submitted/ada/{SLUG}/{SLUG}.ipynb"
    assert looked_at(hub, instructors_browser, path, ".jp-OutputArea-output, .jp-RenderedMarkdown") == []


def test_the_grading_services_pages_run_nothing_of_a_student(
    hub: Hub, people: dict[str, Person], hostile_work: dict[str, str], instructors_browser: BrowserContext
) -> None:
    instructor = people["instructor"]

    def links() -> list[str]:
        """The pages of submissions on which ada's attack is quoted."""
        listed = re.findall(
            r'href="(?:/services/grading/)?(submission/[^"]+)"', instructor.get("/services/grading/").text
        )
        paths = [f"/services/grading/{link}" for link in listed]
        return [path for path in paths if hostile.OUTSIDE in instructor.get(path).text]

    wait_until(links, "the submission is graded")
    for path in ("/services/grading/", *links()):
        assert looked_at(hub, instructors_browser, path, "body") == []
