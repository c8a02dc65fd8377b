"""The files for Kubernetes: the chart takes the values, a cluster takes the manifests, and nobody reaches too much."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import kubernetes_validate
import psycopg
import pytest
import yaml
from jsonschema import Draft7Validator
from packaging.requirements import Requirement

from tests.databases import postgres
from tests.hub.values import check

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "hub" / "kubernetes"
IMAGES = ROOT / "hub" / "images"
SCHEMA = yaml.safe_load(
    (Path(__file__).parent / "schemas" / "values.schema.yaml").read_text(encoding="utf-8")
)
DEFAULTS = SCHEMA["default"]
"""What the chart's default values have where its schema requires a key."""
SIZES = {50: 1.0, 500: 0.4, 5000: 0.25}
"""Students, and the share of them that is at work at the same time."""
PODS_OF_A_NODE = 58
README = (FOLDER / "README.md").read_text(encoding="utf-8")
PRIVATE = yaml.safe_load((Path(__file__).parent / "private.yaml").read_text(encoding="utf-8"))
CLUSTER = "1.34"


def values(*overlays: str) -> dict[str, Any]:
    """The values with these overlays, as Helm merges them."""
    return check.merged(check.read(check.VALUES), *(check.read(FOLDER / name) for name in overlays))


def documents() -> Iterator[dict[str, Any]]:
    """Every object of `course/`."""
    for path in sorted((FOLDER / "course").glob("*.yaml")):
        if path.name != "kustomization.yaml":
            yield from yaml.safe_load_all(path.read_text(encoding="utf-8"))


OBJECTS = list(documents())


def named(document: Mapping[str, Any]) -> str:
    return f"{document['kind']} {document['metadata']['name']}"


def pods() -> dict[str, dict[str, Any]]:
    """The pod templates: their labels and specs."""
    found = {}
    for document in OBJECTS:
        match document["kind"]:
            case "Deployment" | "StatefulSet":
                template = document["spec"]["template"]
                found[named(document)] = {"labels": template["metadata"]["labels"], "spec": template["spec"]}
            case "CronJob":
                template = document["spec"]["jobTemplate"]["spec"]["template"]
                found[named(document)] = {"labels": template["metadata"]["labels"], "spec": template["spec"]}
            case "DaskCluster":
                for part in ("worker", "scheduler"):
                    labels = {"dask.org/cluster-name": "grading", "dask.org/component": part}
                    found[part] = {"labels": labels, "spec": document["spec"][part]["spec"]}
    return found


PODS = pods()


# The values


def refused(*overlays: Mapping[str, Any]) -> list[str]:
    """What the schema refuses in the chart's values with these over them."""
    return check.refused(check.merged(DEFAULTS, *overlays), SCHEMA)


def nested(path: str, value: Any) -> dict[str, Any]:
    """Values with this one at the path."""
    for key in reversed(path.split(".")):
        value = {key: value}
    return value


def test_the_schema_is_one_and_takes_what_stands_for_the_charts_values():
    Draft7Validator.check_schema(SCHEMA)
    assert refused() == []


@pytest.mark.parametrize(
    "overlays", [[], *([f"size-{n}.yaml"] for n in SIZES), ["size-500.yaml", "gpu.yaml"]], ids=str
)
def test_the_chart_takes_the_values(overlays):
    assert refused(values(*overlays)) == []


UNKNOWN = "Additional properties are not allowed"


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        ("singluser", {}, f"values: {UNKNOWN} ('singluser' was unexpected)"),
        ("custom", None, "values: 'custom' is a required property"),
        ("hub.activeServerLimit", "many", "hub.activeServerLimit: 'many' is not of type"),
        ("hub.config.jupyterHub", {}, "hub.config: 'jupyterHub' does not match"),
        ("hub.config.JupyterHub.subdomain_host", 1, "hub.config.JupyterHub.subdomain_host: 1 is not of type"),
        ("hub.db.type", "postgresql", "hub.db.type: 'postgresql' is not one of"),
        ("hub.db.pvc.size", "1Gi", f"hub.db.pvc: {UNKNOWN} ('size' was unexpected)"),
        ("hub.extraEnv", "A=1", "hub.extraEnv: 'A=1' is not of type 'object', 'array'"),
        ("hub.extraFiles.logo", {"mountPath": "/l"}, "hub.extraFiles.logo: {'mountPath': '/l'} is not valid"),
        ("hub.labels.course", 1, "hub.labels.course: 1 is not of type 'string'"),
        ("hub.livenessProbe.enabled", None, "hub.livenessProbe: 'enabled' is a required property"),
        ("hub.revisionHistoryLimit", -1, "hub.revisionHistoryLimit: -1 is less than the minimum of 0"),
        ("hub.services.grading.admin", "yes", "hub.services.grading.admin: 'yes' is not of type 'boolean'"),
        ("hub.services.url", {}, "hub.services.url: {} is not of type 'string'"),
        (
            "imagePullSecret",
            {"create": True, "username": "u", "password": "p"},
            "imagePullSecret: 'registry'",
        ),
        ("proxy.service.type", "Public", "proxy.service.type: 'Public' is not one of"),
        ("proxy.service.nodePorts.http", "80", "proxy.service.nodePorts.http: '80' is not of type 'integer'"),
        ("proxy.traefik.replicas", 2, f"proxy.traefik: {UNKNOWN} ('replicas' was unexpected)"),
        ("proxy.traefik.hsts.maxAge", "1y", "proxy.traefik.hsts.maxAge: '1y' is not of type 'integer'"),
        ("singleuser.memroy", {"limit": "1G"}, f"singleuser: {UNKNOWN} ('memroy' was unexpected)"),
        ("singleuser.networkPolicy.egressAllowRules.internet", False, "singleuser.networkPolicy.egressAllow"),
        ("singleuser.storage.dynamic.storageClassName", "fast", f"singleuser.storage.dynamic: {UNKNOWN} ('s"),
        ("singleuser.storage.homeMountPath", None, "singleuser.storage: 'homeMountPath' is a required"),
        ("scheduling.userScheduler.plugins", [], "scheduling.userScheduler.plugins: [] is not of type"),
        ("scheduling.userPlaceholder.pods", 2, f"scheduling.userPlaceholder: {UNKNOWN} ('pods' was"),
        ("prePuller.continuous.pullOnlyOnChanges", True, f"prePuller.continuous: {UNKNOWN} ('pullOnlyOn"),
        (
            "prePuller.extraImages.gpu",
            {"name": "n"},
            "prePuller.extraImages.gpu: 'tag' is a required property",
        ),
        ("ingress.enabled", "true", "ingress.enabled: 'true' is not of type 'boolean'"),
        ("ingress.pathType", "Regex", "ingress.pathType: 'Regex' is not one of"),
        ("httpRoute.gateway.listener", "https", f"httpRoute.gateway: {UNKNOWN} ('listener' was unexpected)"),
        ("cull.enabled", None, "cull: 'enabled' is a required property"),
        ("cull.timeout", "1h", "cull.timeout: '1h' is not of type 'integer', 'null'"),
        ("rbac.enable", False, f"rbac: {UNKNOWN} ('enable' was unexpected)"),
        ("global.safeToShowValues", "no", "global.safeToShowValues: 'no' is not of type 'boolean'"),
    ],
)
def test_a_wrong_key_or_type_is_refused(path, value, line):
    (found,) = refused(values("size-50.yaml"), nested(path, value))
    assert found.startswith(line)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("custom.course", {"name": "deep learning", "year": 2026}),
        ("global.registry", "registry.example.edu"),
        ("hub.extraEnv", [{"name": "A", "value": "1"}]),
        ("hub.extraFiles.page", {"mountPath": "/page.yaml", "data": {"title": "Hub"}, "mode": 0o440}),
        ("hub.image.tag", "4.4.0"),
        ("hub.livenessProbe", {"enabled": False, "periodSeconds": 10}),
        (
            "hub.services.announcement",
            {"command": ["python3", "-m", "announcement"], "environment": {"A": "1"}},
        ),
        (
            "httpRoute",
            {"enabled": True, "hostnames": ["hub.example.edu"], "gateway": {"sectionName": "https"}},
        ),
        ("imagePullSecret", {"create": True, "registry": "quay.io", "username": "u", "password": "p"}),
        ("ingress", {"enabled": True, "annotations": {"cert-manager.io/issuer": "ca"}, "pathType": "Prefix"}),
        ("prePuller.hook", {"podSchedulingWaitDuration": -1, "daemonsetAnnotations": {"a": "b"}}),
        ("proxy.service", {"type": "NodePort", "nodePorts": {"http": 30080}, "ipFamilies": ["IPv4"]}),
        ("scheduling.userScheduler.pdb", {"enabled": True, "maxUnavailable": 1}),
        ("singleuser.storage.extraVolumes", [{"name": "data", "emptyDir": {}}]),
        ("singleuser.storage.extraVolumes", {"1-data": {"name": "data", "emptyDir": {}}}),
        ("singleuser.memory.limit", 2**31),
    ],
)
def test_what_the_chart_documents_is_accepted(path, value):
    assert refused(values("size-50.yaml"), nested(path, value)) == []


def test_values_merge_as_helm_merges_them():
    merged = check.merged(
        {"a": {"b": 1, "c": [1, 2], "d": 4}, "e": 5}, {"a": {"c": [3], "d": None}}, {"e": {"f": 6}}
    )
    assert merged == {"a": {"b": 1, "c": [3]}, "e": {"f": 6}}


@pytest.fixture
def run_check(capsys, monkeypatch):
    """check.py's command; returns its status and its lines."""
    monkeypatch.chdir(FOLDER)

    def run(*arguments: str | Path) -> tuple[int, list[str]]:
        status = check.main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        assert said.out == ""
        return status, said.err.splitlines()

    return run


def test_the_command_as_it_is_typed():
    command = [sys.executable, "hub/kubernetes/check.py", "hub/kubernetes/size-50.yaml"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert "client_id: is still 'SET_ME': set it in your own values file" in done.stderr


def test_what_the_readme_sets_is_all_that_must_be_set(run_check):
    private = Path(__file__).parent / "private.yaml"
    assert f"```yaml\n{private.read_text(encoding='utf-8')}```" in README
    for students in SIZES:
        assert run_check(f"size-{students}.yaml", private) == (0, [])


def test_a_placeholder_that_is_left_is_named_in_one_line(tmp_path, run_check):
    del PRIVATE["proxy"]["https"]["hosts"]
    private = tmp_path / "private.yaml"
    private.write_text(yaml.safe_dump(PRIVATE), encoding="utf-8")
    PRIVATE["proxy"]["https"]["hosts"] = ["hub.example.edu"]
    assert run_check("size-50.yaml", private) == (
        2,
        ["proxy.https.hosts[0]: is still 'SET_ME': set it in your own values file"],
    )


@pytest.mark.parametrize(
    "secret",
    [
        {"hub": {"db": {"password": "hunter2"}}},
        {"hub": {"config": {"GenericOAuthenticator": {"client_secret": "hunter2"}}}},
        {"proxy": {"secretToken": "hunter2"}},
        {"hub": {"services": {"grading": {"apiToken": "hunter2"}}}},
    ],
)
def test_a_secret_in_a_file_is_refused_and_not_repeated(tmp_path, run_check, secret):
    private = tmp_path / "private.yaml"
    private.write_text(yaml.safe_dump(check.merged(PRIVATE, secret)), encoding="utf-8")
    status, lines = run_check("size-50.yaml", private)
    assert status == 2
    assert len(lines) == 1
    assert "a secret does not belong in a file" in lines[0]
    assert "hunter2" not in lines[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [("- a list\n", "holds no values"), ("a: [1\n", "is not YAML"), (None, "cannot be read")],
)
def test_a_file_that_holds_no_values_is_named(tmp_path, run_check, text, words):
    path = tmp_path / "private.yaml"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    status, lines = run_check("size-50.yaml", path)
    assert (status, len(lines)) == (2, 1)
    assert words in lines[0]


def test_the_schema_in_a_charts_archive_is_used(tmp_path, run_check):
    archive = tmp_path / "jupyterhub-4.4.0.tgz"
    with tarfile.open(archive, "w:gz") as packed:
        for name, text in (
            ("values.schema.json", json.dumps(SCHEMA)),
            ("values.yaml", yaml.safe_dump(DEFAULTS)),
        ):
            info = tarfile.TarInfo(f"jupyterhub/{name}")
            info.size = len(text)
            packed.addfile(info, io.BytesIO(text.encode()))
    private = tmp_path / "private.yaml"
    private.write_text(yaml.safe_dump(PRIVATE), encoding="utf-8")
    assert run_check("size-50.yaml", private, "--chart", archive) == (0, [])
    private.write_text(yaml.safe_dump({**PRIVATE, "cul": {}}), encoding="utf-8")
    status, lines = run_check("size-50.yaml", private, "--chart", archive)
    assert (status, len(lines)) == (2, 1)
    assert "'cul' was unexpected" in lines[0]
    private.write_text(yaml.safe_dump({**PRIVATE, "custom": None}), encoding="utf-8")
    status, lines = run_check("size-50.yaml", private, "--chart", archive)
    assert (status, lines) == (2, ["values: 'custom' is a required property"])
    status, lines = run_check("size-50.yaml", private, "--chart", private)
    assert (status, len(lines)) == (2, 1)
    assert "is not the chart's archive" in lines[0]


def instructors(spawner: SimpleNamespace) -> dict[str, Any]:
    """What the values give to instructors, for such a spawner."""
    c = SimpleNamespace(KubeSpawner=SimpleNamespace(group_overrides={}))
    exec(values()["hub"]["extraConfig"]["instructors.py"], {"c": c})
    (override,) = c.KubeSpawner.group_overrides.values()
    assert override["groups"] == ["formgrade-deep-learning"]
    return {k: v(spawner) if callable(v) else v for k, v in override["spawner_override"].items()}


def test_instructors_keep_their_home_beside_the_course():
    home, mount = {"name": "home"}, {"name": "home", "mountPath": "/h"}
    lists = instructors(SimpleNamespace(volumes=[home], volume_mounts=[mount]))
    assert [volume["name"] for volume in lists["volumes"]] == ["home", "course"]
    assert lists["volume_mounts"][0] == mount
    mappings = instructors(SimpleNamespace(volumes={"home": home}, volume_mounts={"home": mount}))
    assert list(mappings["volumes"]) == list(mappings["volume_mounts"]) == ["home", "course"]
    claim = lists["volumes"][1]["persistentVolumeClaim"]["claimName"]
    assert claim in {o["metadata"]["name"] for o in OBJECTS if o["kind"] == "PersistentVolumeClaim"}


@pytest.mark.parametrize("students", SIZES)
def test_the_sizes_follow_from_the_arithmetic(students):
    found = values(f"size-{students}.yaml")
    active = round(students * SIZES[students])
    assert active < found["hub"]["activeServerLimit"] <= 1.25 * active
    assert found["singleuser"]["memory"] == {"guarantee": "1G", "limit": "3G"}
    placeholders = found["scheduling"]["userPlaceholder"].get("replicas", 0)
    assert placeholders == {50: 0, 500: PODS_OF_A_NODE // 2, 5000: 2 * PODS_OF_A_NODE}[students]
    # One disk each where that many can be attached, one for all where not.
    assert found["singleuser"]["storage"]["type"] == ("dynamic" if students == 50 else "static")


# The manifests


@pytest.mark.parametrize("document", [o for o in OBJECTS if o["kind"] != "DaskCluster"], ids=named)
def test_a_cluster_takes_each_object(document):
    kubernetes_validate.validate(document, CLUSTER, strict=True)


def test_a_wrong_field_of_an_object_is_refused():
    (wrong,) = (json.loads(json.dumps(o)) for o in OBJECTS if named(o) == "Deployment ngshare")
    wrong["spec"]["template"]["spec"]["containers"][0]["readyProbe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError, match="readyProbe"):
        kubernetes_validate.validate(wrong, CLUSTER, strict=True)


def test_the_operator_gets_pods_and_a_service_that_a_cluster_takes():
    (dask,) = (o for o in OBJECTS if o["kind"] == "DaskCluster")
    assert set(dask["spec"]) == {"worker", "scheduler"}
    for part in ("worker", "scheduler"):
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": part},
            "spec": dask["spec"][part]["spec"],
        }
        kubernetes_validate.validate(pod, CLUSTER, strict=True)
        assert [c["name"] for c in pod["spec"]["containers"]] == [part]
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "s"},
        "spec": dask["spec"]["scheduler"]["service"],
    }
    kubernetes_validate.validate(service, CLUSTER, strict=True)
    assert {port["name"] for port in service["spec"]["ports"]} == {"tcp-comm", "http-dashboard"}


def test_every_file_is_installed():
    listed = yaml.safe_load((FOLDER / "course" / "kustomization.yaml").read_text(encoding="utf-8"))[
        "resources"
    ]
    there = {path.name for path in (FOLDER / "course").glob("*.yaml")} - {"kustomization.yaml"}
    assert sorted(listed) == sorted(there)


@pytest.mark.parametrize("name", PODS)
def test_pods_have_no_rights_and_known_needs(name):
    spec = PODS[name]["spec"]
    if name != "scheduler":
        assert spec["automountServiceAccountToken"] is False
    for container in spec["containers"]:
        security = container["securityContext"]
        assert security["allowPrivilegeEscalation"] is False
        assert {**spec.get("securityContext", {}), **security}["runAsNonRoot"] is True
        assert set(container["resources"]["requests"]) == {"cpu", "memory"}
        assert "memory" in container["resources"]["limits"]


def test_secrets_are_named_and_nowhere_written():
    assert not [named(o) for o in OBJECTS if o["kind"] == "Secret"]
    made = {f"{name}-password" for name in ("postgres", "hub", "gradebook")} | {"oauth-client-secret"}
    services = values()["hub"]["services"]
    tokens = {f"hub.services.{name}.apiToken" for name in services}
    text = yaml.safe_dump_all([*OBJECTS, values()])
    keys = set(re.findall(r"\bkey: ([\w.-]+-password|oauth-[\w-]+|hub\.services\S+)", text))
    keys |= set(re.findall(r'"key": "([^"]+)"', text))
    assert keys - tokens == made
    assert keys & tokens == {
        f"hub.services.{n}.apiToken" for n in ("ngshare", "course-setup", "course-grader", "grading")
    }
    # What the README's commands make.
    assert {f"{n}-password" for n in re.search(r"for name in (.*); do", README)[1].split()} | {
        "oauth-client-secret"
    } == made
    assert "oauth-client-secret=" in README


def test_the_databases_are_made_and_dumped(tmp_path):
    (init,) = (o["data"]["databases.sh"] for o in OBJECTS if o["kind"] == "ConfigMap")
    dump = PODS["CronJob backup"]["spec"]["containers"][0]["command"][-1]
    for name in ("hub", "gradebook"):
        (tmp_path / f"{name}-password").write_text(f"word of {name}'s", encoding="utf-8")
    with postgres() as server:
        for script in (init, dump):
            script = script.replace("/run/secrets/course", str(tmp_path)).replace("/backup", str(tmp_path))
            script = script.replace("--host postgres", f"--host {server.folder}")
            path = os.pathsep.join([str(server.programs), os.environ["PATH"]])
            environment = {**os.environ, "PATH": path, "PGHOST": str(server.folder)}
            done = subprocess.run(["sh", "-euc", script], env=environment, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
        with psycopg.connect(host=str(server.folder), user="postgres", dbname="postgres") as connection:
            owners = connection.execute(
                "SELECT datname, rolname, rolpassword LIKE 'SCRAM%',"
                " has_database_privilege('public', datname, 'connect')"
                " FROM pg_database JOIN pg_authid ON pg_authid.oid = datdba WHERE rolname <> 'postgres' ORDER BY 1"
            ).fetchall()
    assert owners == [("gradebook", "gradebook", True, False), ("hub", "hub", True, False)]
    assert sorted(path.name.split("-")[0] for path in tmp_path.glob("*.dump")) == ["gradebook", "hub"]


def matches(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    return selector.get("matchLabels", {}).items() <= labels.items()


SERVER = {"app": "jupyterhub", "component": "singleuser-server"}
EVERYBODY = {
    "student": SERVER,
    "instructor": {**SERVER, "course/role": "instructor"},
    "hub": {"app": "jupyterhub", "component": "hub"},
    "proxy": {"app": "jupyterhub", "component": "proxy"},
    **{name.split()[-1]: pod["labels"] for name, pod in PODS.items()},
}


def allowed(source: str, target: str, port: int) -> bool:
    """Whether the policies of `course/` and the values let a connection through; the chart's own pods are open."""
    policies = [o["spec"] for o in OBJECTS if o["kind"] == "NetworkPolicy"]
    single = values()["singleuser"]["networkPolicy"]
    policies.append(
        {"podSelector": {"matchLabels": SERVER}, "policyTypes": ["Egress"], "egress": single["egress"]}
    )

    def lets(direction: str, peer: str, here: Mapping[str, str], there: Mapping[str, str]) -> bool:
        mine = [p for p in policies if direction in p["policyTypes"] and matches(p["podSelector"], here)]
        rules = [rule for p in mine for rule in p.get(direction.lower(), [])]
        return not mine or any(
            any("namespaceSelector" not in one and matches(one["podSelector"], there) for one in rule[peer])
            and any(entry["port"] == port for entry in rule.get("ports", [{"port": port}]))
            for rule in rules
        )

    a, b = EVERYBODY[source], EVERYBODY[target]
    return lets("Egress", "to", a, b) and lets("Ingress", "from", b, a)


@pytest.mark.parametrize(
    ("source", "target", "port", "open_"),
    [
        ("student", "ngshare", 8080, True),
        ("student", "postgres", 5432, False),
        ("student", "grading", 8080, False),
        ("student", "scheduler", 8786, False),
        ("student", "worker", 8786, False),
        ("student", "instructor", 8888, False),
        ("student", "student", 8888, False),
        ("instructor", "ngshare", 8080, True),
        ("instructor", "postgres", 5432, True),
        ("instructor", "scheduler", 8786, True),
        ("hub", "postgres", 5432, True),
        ("hub", "grading", 8080, True),
        ("proxy", "grading", 8080, True),
        ("proxy", "ngshare", 8080, False),
        ("proxy", "postgres", 5432, False),
        ("grading", "ngshare", 8080, True),
        ("grading", "hub", 8081, True),
        ("grading", "postgres", 5432, True),
        ("grading", "student", 8888, False),
        ("roster", "ngshare", 8080, True),
        ("roster", "hub", 8081, True),
        ("roster", "postgres", 5432, False),
        ("ngshare", "hub", 8081, True),
        ("ngshare", "grading", 8080, False),
        ("backup", "postgres", 5432, True),
        ("postgres", "ngshare", 8080, False),
        ("worker", "scheduler", 8786, True),
        ("worker", "worker", 40000, True),
        ("worker", "postgres", 5432, False),
        ("worker", "ngshare", 8080, False),
    ],
)
def test_who_reaches_whom(source, target, port, open_):
    assert allowed(source, target, port) is open_


def test_students_servers_have_no_other_way_out():
    policy = values()["singleuser"]["networkPolicy"]
    assert policy["enabled"]
    rules = policy["egressAllowRules"]
    assert not any(rules[name] for name in ("cloudMetadataServer", "nonPrivateIPs", "privateIPs"))


@pytest.mark.parametrize("kind", ["Service", "Deployment", "StatefulSet"])
def test_selectors_find_their_pods(kind):
    for document in (o for o in OBJECTS if o["kind"] == kind):
        selector = document["spec"]["selector"]
        wanted = selector if kind == "Service" else selector["matchLabels"]
        assert [n for n, pod in PODS.items() if wanted.items() <= pod["labels"].items()], named(document)


# The images


@pytest.mark.parametrize("name", ["singleuser", "grader"])
def test_images_hold_what_they_should_and_run_without_rights(name):
    text = (IMAGES / f"{name}.Dockerfile").read_text(encoding="utf-8")
    ignored = (IMAGES / f"{name}.Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    assert re.findall(r"^USER (\d+):\d+$", text, re.M)[-1] == "1000"
    copied = [part for line in re.findall(r"^COPY (.*) \S+$", text, re.M) for part in line.split()]
    assert copied
    for part in copied:
        assert (ROOT / part).exists(), part
        assert f"!{part}" in ignored, part
    assert ignored[0] == "*"
    assert ("solutions" in copied) is (name == "grader")
    assert "constraint pinned.txt" in text


@pytest.mark.parametrize("name", ["singleuser", "grader"])
def test_images_pin_everything_and_the_hubs_own_version(name, tmp_path):
    text = (IMAGES / f"{name}.Dockerfile").read_text(encoding="utf-8")
    command = re.search(r"^RUN (sed .*?) &&", text.replace("\\\n", " "), re.M | re.S)[1]
    pins = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    (tmp_path / "requirements.txt").write_text(pins, encoding="utf-8")
    subprocess.run(
        ["sh", "-euc", command], cwd=tmp_path, env={**os.environ, "JUPYTERHUB": "5.5.0"}, check=True
    )
    before, after = set(pins.splitlines()), set((tmp_path / "pinned.txt").read_text().splitlines())
    added = {"jupyterhub==5.5.0"}
    if name == "singleuser":
        added.add(next(line.split(";")[0] for line in before if line.startswith("tensorflow==")))
    assert after - before == added


def test_versions_agree():
    hubs = {
        re.search(r"^ARG JUPYTERHUB=(\S+)$", path.read_text(encoding="utf-8"), re.M)[1]
        for path in IMAGES.glob("*.Dockerfile")
    }
    head = (FOLDER / "values.yaml").read_text(encoding="utf-8").splitlines()[0]
    chart, hub = re.search(r"chart (\S+), which ships JupyterHub (\d+\.\d+\.\d+)", head).groups()
    assert hubs == {hub}
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "optional-dependencies"
    ]
    (wanted,) = (r for r in map(Requirement, extras["hub"]) if r.name == "jupyterhub")
    assert wanted.specifier.contains(hub)
    page = (ROOT / "instructor" / "beyond-one-machine.md").read_text(encoding="utf-8")
    for text in (README, page):
        assert set(re.findall(r"(?:chart|jupyterhub-|--version) ?(4\.\d+\.\d+)", text)) == {chart}
        assert set(re.findall(r"JUPYTERHUB=(\d+\.\d+\.\d+)|JupyterHub (5\.\d+\.\d+)", text)) <= {
            (hub, ""),
            ("", hub),
        }
        assert f"JupyterHub {hub}" in text
    tags = {values()["singleuser"]["image"]["tag"]}
    tags |= set(
        re.findall(
            r"course-(?:grader|singleuser(?:-gpu)?):(\S+)",
            "".join(p.read_text() for p in FOLDER.rglob("*.*")),
        )
    )
    assert tags == {"2026.1"}
