"""Kubernetes, against a stand-in for its API that runs pods as processes: the conformance suites, and what is Kubernetes' own."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studiolo.runner import attempt, kube_manifest, kube_verbs
from studiolo.runner.launch import Handed
from studiolo.studio.compute.backends import kubernetes
from studiolo.studio.compute.backends.base import Ended, Refused, Running, Starting
from studiolo.studio.compute.kubernetes import kubeconfig, settings
from studiolo.testing.computes import COUNTING, RemoteComputeChecks
from studiolo.testing.kubernetes import Cluster
from studiolo.testing.kubernetes_models import unfit
from studiolo.testing.kubernetes_place import KubernetesPlace, by_kubernetes

FULL = {
    "image": "me/train:1", "python": "python3", "mount": "/shared", "volume": settings.volume("pvc:studiolo"),
    "node_selector": {"pool": "gpu"}, "tolerations": [{"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}],
    "service_account": "trainer", "pull_secrets": [{"name": "registry"}], "priority_class": "batch", "gpu_resource": "nvidia.com/gpu",
}  # fmt: skip
ORDER = {
    "cores": 2,
    "gpus": 1,
    "memory_limit": 1 << 30,
    "timeout_s": 60.0,
    "grace_s": 10.0,
    "mark": "run/1",
    "title": "train",
}


@pytest.fixture
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    found = Cluster(tmp_path_factory.mktemp("cluster"))
    yield found
    found.close()


@pytest.fixture
def place(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KubernetesPlace]:
    found = KubernetesPlace(cluster, by_kubernetes(tmp_path_factory.mktemp("k8s"), cluster))
    yield found
    found.close()


class TestKubernetes(RemoteComputeChecks):
    backend = kubernetes
    SWEPT_SECONDS = 30.0  # the pod goes with its job, in the cluster's time


class Own(RemoteComputeChecks):
    """The ways of the suite, for the tests below."""

    __test__ = False


@pytest.fixture
def own(place: KubernetesPlace) -> Own:
    found = Own()
    found.place, found.backend = place, place.controller()  # type: ignore[misc]
    return found


def pods(cluster: Cluster) -> list[dict[str, Any]]:
    return list(cluster.objects["pods"].values())


def with_settings(own: Own, place: KubernetesPlace, cluster: Cluster, **given: Any) -> None:
    changed = KubernetesPlace(cluster, by_kubernetes(place.root, cluster, settings=given))
    own.backend = changed.controller()  # type: ignore[misc]
    place._made += changed._made


def test_a_manifest_with_everything_fits_the_published_models() -> None:
    made = kube_manifest.job(Path("/shared/studio"), "0199aa/1", "/shared/studio/runner/x", ORDER, FULL, secret=True)
    assert unfit(made, "V1Job") == ""
    assert unfit(kube_manifest.secret(Path("/a"), "0199aa/1", "eA=="), "V1Secret") == ""
    spec, pod = made["spec"], made["spec"]["template"]["spec"]
    assert (spec["backoffLimit"], pod["activeDeadlineSeconds"], pod["terminationGracePeriodSeconds"]) == (0, 100, 40)
    [container] = pod["containers"]
    assert container["resources"]["limits"] == {"memory": str((1 << 30) + (96 << 20)), "nvidia.com/gpu": "1"}
    assert container["resources"]["requests"]["cpu"] == "2"
    assert pod["volumes"][0] == {"name": "home", "persistentVolumeClaim": {"claimName": "studiolo"}}
    assert (pod["serviceAccountName"], pod["imagePullSecrets"]) == ("trainer", [{"name": "registry"}])
    assert made["metadata"]["annotations"]["studiolo/mark"] == "run/1"
    broken = json.loads(json.dumps(made).replace("backoffLimit", "backofLimit"))
    assert "backofLimit" in unfit(broken, "V1Job"), "the check finds what the API would refuse"
    plain = kube_manifest.job(
        Path("/a"), "r/1", "/a/x", {"image": "other:2"}, FULL | {"service_account": ""}, secret=False
    )
    assert unfit(plain, "V1Job") == ""
    assert plain["spec"]["template"]["spec"]["containers"][0]["image"] == "other:2"
    with pytest.raises(kube_manifest.NoImage):
        kube_manifest.job(Path("/a"), "r/1", "/a/x", {}, FULL | {"image": ""}, secret=False)


def test_a_job_runs_in_the_image_of_its_environment_and_nothing_of_it_stays(
    own: Own, cluster: Cluster, tmp_path: Path
) -> None:
    order = own.order(
        "import os; print(os.environ['IMAGE_OF_POD'], os.environ['SAID'])", image="me/train:1", env={"SAID": "hello"}
    )
    handed = Handed(env={"KEY": "s3cret-of-the-job"}, hidden=["s3cret-of-the-job"])
    own.port.start(tmp_path, order, handed)
    assert own.ended(tmp_path).failure is None, (tmp_path / attempt.LOG).read_text()
    assert (tmp_path / attempt.LOG).read_text() == "me/train:1 hello\n"
    own.until(lambda: not any(cluster.objects[family] for family in ("jobs", "pods", "secrets")))


def test_what_is_handed_reaches_the_job_and_its_secret_goes_with_the_first_look(
    own: Own, cluster: Cluster, place: KubernetesPlace, tmp_path: Path
) -> None:
    code = "import os, time; print(len(os.environ['KEY']), flush=True); time.sleep(60)"
    own.port.start(tmp_path, own.order(code), Handed(env={"KEY": "s3cret-of-the-job"}, hidden=["s3cret-of-the-job"]))
    own.up(tmp_path)
    assert (tmp_path / attempt.LOG).read_text() == "17\n"
    own.until(lambda: own.port.poll(tmp_path) and not cluster.objects["secrets"])
    assert "s3cret" not in json.dumps(pods(cluster), default=str)
    assert not any(b"s3cret-of-the-job" in path.read_bytes() for path in place.root.rglob("*") if path.is_file())
    own.port.stop(tmp_path)
    own.ended(tmp_path)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"cores": 500}, "no node can take it now (Unschedulable): 0/1 nodes are available: 1 Insufficient cpu."),
        ({"gpus": 2}, "1 Insufficient nvidia.com/gpu."),
        (
            {"image": "no/such:1"},
            'cannot be pulled, and is tried again later (ImagePullBackOff): Back-off pulling image "no/such:1"',
        ),
    ],
)
def test_why_it_waits_is_told_in_plain_words(own: Own, tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    own.port.start(tmp_path, own.order("print('never')", **changes))
    own.until(lambda: own.port.poll(tmp_path) and said in (kubernetes.why(tmp_path) or ""))
    assert isinstance(own.port.poll(tmp_path), Starting)
    own.port.stop(tmp_path)
    assert own.ended(tmp_path).failure == "canceled"
    assert kubernetes.why(tmp_path) is None


def test_an_image_that_is_not_had_in_time_ends_the_job(
    own: Own, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pod = {"status": {"containerStatuses": [{"state": {"waiting": {"reason": "ErrImagePull"}}}]}}
    monkeypatch.setattr(kube_verbs, "_waiting", {})
    assert not kube_verbs._hopeless("a/1", pod, 600)
    assert kube_verbs._hopeless("a/1", pod, -1)
    pod["status"]["containerStatuses"][0]["state"]["waiting"]["reason"] = "InvalidImageName"
    assert kube_verbs._hopeless("b/1", pod, 600)


@pytest.mark.parametrize(
    ("reason", "status", "failure", "said"),
    [
        ("OOMKilled", {}, "oom", "OOMKilled"),
        (
            "Error",
            {"reason": "Evicted", "message": "The node was low on resource: memory."},
            "preempted",
            "low on resource",
        ),
        ("Error", {"reason": "DeadlineExceeded"}, "timeout", "deadline"),
    ],
)
def test_what_kubernetes_ends_has_the_class_that_it_says(
    own: Own, cluster: Cluster, tmp_path: Path, reason: str, status: dict[str, Any], failure: str, said: str
) -> None:
    own.port.start(tmp_path, own.order("import time; print('up', flush=True); time.sleep(60)"))
    own.up(tmp_path)
    cluster.strike(pods(cluster)[0]["metadata"]["name"], reason, status)
    end = own.ended(tmp_path)
    assert end.failure == failure
    assert said in (end.error or "")


def test_a_job_that_is_deleted_in_kubernetes_is_canceled(own: Own, cluster: Cluster, tmp_path: Path) -> None:
    own.port.start(tmp_path, own.order("import time; print('up', flush=True); time.sleep(60)"))
    own.up(tmp_path)
    with cluster._lock:
        cluster._delete("jobs", next(iter(cluster.objects["jobs"])))
    end = own.ended(tmp_path)
    assert (end.failure, end.error) == ("canceled", "Its Job was deleted in Kubernetes.")


def test_what_kubernetes_refuses_is_told(own: Own, place: KubernetesPlace, cluster: Cluster, tmp_path: Path) -> None:
    with_settings(own, place, cluster, namespace="elsewhere")
    own.port.start(tmp_path, own.order("print('never')"))
    assert "forbidden" in own.silent(tmp_path).reason or "cannot" in own.silent(tmp_path).reason
    folder = tmp_path / "2"
    folder.mkdir()
    with_settings(own, place, cluster, image="")
    own.port.start(folder, own.order("print('never')"))
    found = own.until(lambda: isinstance(seen := own.port.poll(folder), Refused) and seen)
    assert "names no image" in found.reason


def test_killed_after_the_job_was_made_nothing_is_made_twice(
    own: Own, place: KubernetesPlace, cluster: Cluster, tmp_path: Path
) -> None:
    """The agent is killed when Kubernetes has made the job, before it could write that down."""
    own.port.start(tmp_path, own.order(COUNTING))
    own.up(tmp_path)
    there = place.root / "attempts" / tmp_path.parent.name / tmp_path.name
    (there / kube_verbs.MADE).unlink()
    other = place.controller()
    own.until(lambda: isinstance(other.poll(tmp_path), Running))
    assert not other.start(tmp_path, own.order(COUNTING))
    end = own.ended(tmp_path)
    assert isinstance(end, Ended)
    assert end.code == 7
    assert len([path for method, path in cluster.asked if method == "POST" and path.endswith("/jobs")]) == 1


def test_the_largest_node_is_measured_or_told(place: KubernetesPlace, cluster: Cluster) -> None:
    found = kubernetes.probe(by_kubernetes(place.root, cluster))
    assert (found["cores"], found["memory_bytes"], found["version"][:2]) == (16, 8 << 30, "3.")
    assert "Kubernetes v1.34.0, namespace training" in found["system"]
    [node] = kubernetes.nodes(by_kubernetes(place.root, cluster))
    assert (node["name"], node["state"], node["partition"]) == ("here", "ready", "this-machine")
    cluster.refuses_nodes = True
    with pytest.raises(Exception, match="write cores and memory of a node"):
        kubernetes.probe(by_kubernetes(place.root, cluster))
    told = {"node_cores": 4, "node_memory_gib": 2}
    assert kubernetes.probe(by_kubernetes(place.root, cluster, settings=told))["cores"] == 4


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"volume": ""}, "volume"),
        ({"volume": "pvc:Not A Name"}, "volume"),
        ({"mount": "shared"}, "mount"),
        ({"node_selector": ["pool"]}, "node_selector"),
        ({"tolerations": ["a b"]}, "tolerations"),
        ({"gpu_resource": "gpu"}, "gpu_resource"),
        ({"max_jobs": 0}, "max_jobs"),
        ({"nonsense": 1}, "nonsense"),
    ],
)
def test_settings_that_cannot_be_are_named(given: dict[str, Any], field: str) -> None:
    with pytest.raises(ValueError) as refused:
        settings.checked({"volume": "pvc:studiolo", **given})
    assert refused.value.args[0] == field


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"users": [{"name": "studio", "user": {"exec": {"command": "aws"}}}]}, "signs in by a program"),
        ({"current-context": "other"}, "no context 'other'; it has test"),
        ({"users": [{"name": "studio", "user": {"client-certificate": "/a.pem"}}]}, "embed it"),
        ({"clusters": None}, "no clusters"),
    ],
)
def test_a_kubeconfig_that_does_not_suffice_is_told(cluster: Cluster, change: dict[str, Any], said: str) -> None:
    with pytest.raises(kubeconfig.BadKubeconfig, match=said):
        kubeconfig.read(json.dumps({**json.loads(cluster.kubeconfig), **change}))


def test_a_kubeconfig_is_read(cluster: Cluster) -> None:
    found = kubeconfig.read(cluster.kubeconfig)
    assert (found["namespace"], found["token"]) == ("training", "a-token-of-the-test")
    with pytest.raises(kubeconfig.BadKubeconfig, match="is no pod"):
        kubeconfig.read("")
