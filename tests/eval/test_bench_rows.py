"""The benchmark's rows and its measure of a child's memory."""

import subprocess
import sys

import bench_throughput


def test_the_rows_are_seeded_and_their_names_differ() -> None:
    names = [f"検査{number}ソレGOT(試験)" for number in range(200)]
    tests = bench_throughput.make_tests(names, 1_000)
    assert tests == bench_throughput.make_tests(names, 1_000)
    assert len({test.name for test in tests}) == 1_000
    assert len({test.local_code for test in tests}) == 1_000


def test_few_names_still_give_the_wanted_number_of_rows() -> None:
    assert len(bench_throughput.make_tests(["K"], 100)) == 100


def test_the_peak_is_that_of_the_command_alone() -> None:
    command = [sys.executable, "-c", "x = bytearray(200 * 1024 * 1024); x[::4096] = b'1' * len(x[::4096])"]
    held = bytearray(400 * 1024 * 1024)
    held[::4096] = b"1" * len(held[::4096])
    done = subprocess.run(
        [sys.executable, "-c", bench_throughput.MEASURE, *command],
        capture_output=True,
        text=True,
        check=True,
    )
    code, _, peak = done.stdout.split()
    megabytes = int(peak) / (1024 * 1024 if sys.platform == "darwin" else 1024)
    assert int(code) == 0
    assert 200 < megabytes < 350
