"""`rollback-runner drill backup` as a person calls it: on a site of its own, in both languages, with its exit codes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import scratch_mysql
import yaml
from failback.backup import place as places

if TYPE_CHECKING:
    from chains import Past

ROOT = Path(__file__).resolve().parents[3]
SLOW = 400  # seconds: a machine on which nothing was compiled or unpacked yet; nothing waits that long for its own sake


@pytest.fixture
def home(tmp_path: Path, past: Past) -> Path:
    """A site like the lab's, whose backups lie here; no server of it is running."""
    site = tmp_path / "site"
    shutil.copytree(ROOT / "inventories" / "lab", site)
    path = site / "group_vars" / "databases.yml"
    known = yaml.safe_load(path.read_text(encoding="utf-8"))
    (tmp_path / "cut.sql").write_bytes(past.new.read_bytes()[:5000])
    known |= {
        "db_idc": {**known["db_idc"], "host": "127.0.0.1", "port": 1},
        "db_cutover_gtid": past.cutover,
        "aws_security_groups": [],
        "aws_network_acls": [],
        "backup_sources": [
            {"name": "cut", "url": str(tmp_path / "cut.sql")},
            {"name": "new", "url": str(past.new)},
        ],
        "backup_proofs": str(tmp_path / "proofs"),
        "backup_scratch_image": scratch_mysql.image(),
        "backup_scratch_options": ["--innodb-buffer-pool-size=64M", "--innodb-redo-log-capacity=16M"],
    }
    path.write_text(yaml.safe_dump(known), encoding="utf-8")
    shared = site / "group_vars" / "all.yml"
    shared.write_text(shared.read_text(encoding="utf-8").replace("site_name: lab\n", "site_name: rrt-drill\n"))
    return tmp_path


def standing(home: Path) -> list[str]:
    """Name the scratch servers of this test that stand."""
    stem = places.stem("rrt-drill", "shop-db", home / "proofs")
    argv = ["docker", "ps", "-a", "--filter", f"name={stem}", "--format", "{{.Names}}"]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split()


def held(home: Path) -> bool:
    """Halt the scratch server as soon as it runs: the drill cannot end before it is interrupted, however fast."""
    paused = [subprocess.run(["docker", "pause", name], capture_output=True, check=False) for name in standing(home)]
    return any(one.returncode == 0 for one in paused)


def drill(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "rollback_runner", "drill", "backup", "-i", str(home / "site"), *words]
    environment = os.environ | {"RR_HOME": str(home), "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}
    return subprocess.run(argv, capture_output=True, text=True, check=False, env=environment, cwd=home, timeout=SLOW)


def test_the_first_sound_backup_is_proven_and_the_screen_says_so(home: Path) -> None:
    done = drill(home, "--lang", "ko")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "통과: new 백업이 온전히 복원됩니다." in done.stdout
    assert "테이블 2개, 6,010행" in done.stdout
    assert len(done.stdout.splitlines()) <= 24
    (kept,) = (home / "proof-runs").iterdir()
    told = json.loads((kept / "proof.json").read_text(encoding="utf-8"))
    proof, forecast = told["results"][0]["proof"], told["results"][0]["forecast"]
    assert (proof["passed"], proof["compared"]) == (True, "counts")
    assert forecast["p50_seconds"] == pytest.approx(proof["seconds"]["restore"], abs=0.1)
    assert forecast["p90_seconds"] == pytest.approx(1.5 * proof["seconds"]["restore"], abs=0.1)
    assert len(list((home / "proofs" / "shop-db").glob("*-new.json"))) == 1


def test_an_interrupted_drill_leaves_no_container(home: Path) -> None:
    argv = [sys.executable, "-m", "rollback_runner", "drill", "backup", "-i", str(home / "site")]
    environment = os.environ | {"RR_HOME": str(home), "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(argv, env=environment, cwd=home, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        limit = time.monotonic() + SLOW
        while not held(home) and process.poll() is None and time.monotonic() < limit:
            time.sleep(0.1)
        if process.poll() is not None or not standing(home):
            process.kill()
            out, err = process.communicate()
            pytest.fail(f"no scratch server came up, exit code {process.returncode}: {out.decode()}{err.decode()}")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=SLOW)
    assert process.returncode == 130, (out + err).decode()
    assert standing(home) == []
    assert list((home / "proofs").rglob("*.password")) == []


def test_what_is_refused_has_its_exit_code_and_one_sentence(home: Path) -> None:
    done = drill(home, "--source", "cut", "--json")
    assert done.returncode == 3
    result = json.loads(done.stdout)["results"][0]
    assert result["outcome"] == "refused"
    assert "cut short" in result["message"]
    assert not (home / "proofs" / "shop-db").exists()
