"""The course on The Littlest JupyterHub; goes to /opt/tljh/config/jupyterhub_config.d/course.py (README.md).

Who teaches and who takes the course stands in two files, one name per line:
/opt/tljh/config/course/instructors.txt and students.txt. `tljh-config reload` reads them again.
"""

import secrets
from pathlib import Path

c = get_config()  # noqa: F821

PEOPLE = Path("/opt/tljh/config/course")
PYTHON = "/opt/tljh/user/bin/python"
FOLDER = Path("/var/lib/course")  # belongs to the system user `course`
SETTINGS = "/opt/course/jupyter"
COURSE = "deep-learning"
EXCHANGE, GRADING = "http://127.0.0.1:10101", "http://127.0.0.1:10102"


def names(file: str) -> list[str]:
    """The people of a file, without blanks and comments."""
    lines = (line.split("#")[0].strip() for line in (PEOPLE / file).read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line]


instructors, students = names("instructors.txt"), names("students.txt")
c.Authenticator.allowed_users = {*instructors, *students}
c.JupyterHub.load_groups = {
    f"formgrade-{COURSE}": {"users": instructors},
    f"nbgrader-{COURSE}": {"users": students},
}

# New ones on every start: the hub gives them to the programs that need them, and nobody writes them down.
grader, setup = secrets.token_hex(32), secrets.token_hex(32)
# Programs of the system user `course`, started and watched by the hub.
run = {"user": "course", "cwd": str(FOLDER)}
c.JupyterHub.services.extend(
    [
        {"name": "course-grader", "api_token": grader},
        {
            "name": "ngshare",
            "url": EXCHANGE,
            "command": [
                *(PYTHON, "-m", "course_lib.hub.ngshare_service"),
                *("--folder", str(FOLDER / "ngshare"), "--admins", "course-setup,course-grader"),
            ],
            "display": False,
            **run,
        },
        {
            "name": "course-setup",
            "api_token": setup,
            "command": ["sh", "-c", f"while :; do {PYTHON} -m course_lib.hub.roster; sleep 60; done"],
            "environment": {"NGSHARE_URL": f"{EXCHANGE}/services/ngshare"},
            **run,
        },
        {
            "name": "grading",
            "url": GRADING,
            "command": [
                *(PYTHON, "-m", "course_lib.hub.grading.service"),
                *("--folder", str(FOLDER / "grading"), "--course", str(FOLDER / "course")),
            ],
            "environment": {"NGSHARE_URL": f"{EXCHANGE}/services/ngshare", "NGSHARE_TOKEN": grader},
            "oauth_no_confirm": True,
            **run,
        },
    ]
)
c.JupyterHub.load_roles = [
    {"name": "user", "scopes": ["self", "access:services!service=grading"]},
    {"name": "course-setup", "scopes": ["read:groups"], "services": ["course-setup"]},
]

# Instructors' servers may read and write the course folder.
c.UserCreatingSpawner.user_groups = {"course": instructors}


def equip(spawner) -> None:
    """What a server of the course finds in its environment."""
    role = "instructor" if spawner.user.name in instructors else "student"
    spawner.environment |= {
        "JUPYTER_CONFIG_PATH": f"{SETTINGS}/{role}:{SETTINGS}/everybody",
        "JUPYTER_DEFAULT_PROVISIONER_NAME": "course-warm",
        "NGSHARE_URL": f"{EXCHANGE}/services/ngshare",
    }


c.Spawner.pre_spawn_hook = equip
