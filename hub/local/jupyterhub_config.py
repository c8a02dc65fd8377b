"""The hub that `course hub` starts on this machine; the folder and the port come from there."""

import json
import os
import sys
from pathlib import Path

from course_lib.hub import accounts, proxy
from course_lib.hub.place import EXCHANGE, GRADER, GRADING, INSTRUCTORS, SETUP, STUDENTS, Place
from course_lib.hub.ports import free_port

c = get_config()  # noqa: F821

place = Place(Path(os.environ["COURSE_HUB_FOLDER"]))
port = int(os.environ["COURSE_HUB_PORT"])
grade_on_submit = os.environ["COURSE_HUB_GRADING"] == "1"
tokens = place.tokens()
instructors = accounts.names(place, accounts.INSTRUCTOR)
students = accounts.names(place, accounts.STUDENT)


def local(port: int = 0) -> str:
    """An address that only this machine reaches."""
    return f"http://127.0.0.1:{port or free_port()}"


# Everything listens on the loopback interface only: the site, the hub, the proxy's own interface.
public = local(port)
c.JupyterHub.bind_url = public
c.JupyterHub.hub_bind_url = local()
c.ConfigurableHTTPProxy.api_url = local()
c.ConfigurableHTTPProxy.command = proxy.command()
c.ConfigurableHTTPProxy.pid_file = str(place.run / "proxy.pid")

c.JupyterHub.db_url = f"sqlite:///{place.database}"
c.JupyterHub.cookie_secret_file = str(place.cookie_secret)
c.JupyterHub.cookie_max_age_days = 1
# Not every browser assumes this of a cookie that does not say it.
cookies = {"samesite": "Lax"}
c.JupyterHub.tornado_settings = {"cookie_options": cookies}
c.JupyterHub.token_expires_in_max_seconds = 30 * 24 * 3600

c.JupyterHub.authenticator_class = "course_lib.hub.authenticator.CourseAuthenticator"
c.CourseAuthenticator.folder = str(place.root)
c.Authenticator.allowed_users = {*instructors, *students}
c.JupyterHub.load_groups = {INSTRUCTORS: {"users": instructors}, STUDENTS: {"users": students}}

c.JupyterHub.spawner_class = "course_lib.hub.spawner.CourseSpawner"
c.CourseSpawner.folder = str(place.root)
c.CourseSpawner.exchange = f"{public}/services/{EXCHANGE}"
c.CourseSpawner.instructors = instructors
c.CourseSpawner.confined = os.environ["COURSE_HUB_CONFINED"] == "1"
c.Spawner.default_url = "/lab"
c.Spawner.start_timeout = c.Spawner.http_timeout = 120

c.JupyterHub.services = [
    {"name": SETUP, "api_token": tokens[SETUP]},
    {"name": GRADER, "api_token": tokens[GRADER]},
    {
        "name": EXCHANGE,
        "url": local(),
        "timeout": 120,
        "api_token": tokens[EXCHANGE],
        "command": [
            *(sys.executable, "-m", "course_lib.hub.ngshare_service"),
            *("--folder", str(place.ngshare), "--admins", f"{SETUP},{GRADER}"),
        ],
        "display": False,
    },
]
c.JupyterHub.load_roles = [{"name": "user", "scopes": ["self"]}]
if grade_on_submit:
    c.JupyterHub.services += [
        {
            "name": GRADING,
            "url": local(),
            "api_token": tokens[GRADING],
            "command": [
                *(sys.executable, "-m", "course_lib.hub.grading.service"),
                *("--folder", str(place.grading), "--course", str(place.course)),
            ],
            "environment": {
                "NGSHARE_URL": f"{public}/services/{EXCHANGE}",
                "NGSHARE_TOKEN": tokens[GRADER],
                "JUPYTERHUB_COOKIE_OPTIONS": json.dumps(cookies),
            },
            "oauth_no_confirm": True,
            "timeout": 120,
        },
    ]
    c.JupyterHub.load_roles = [{"name": "user", "scopes": ["self", f"access:services!service={GRADING}"]}]
