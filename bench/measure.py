"""
What bench/suite.py and tests/speed share: captures of the generator, CPU time in pairs with the bare libpcap loop, and
instructions a packet.
"""
import os
import re
import statistics
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(HERE)
MADE = os.path.join(TOP, "build-bench")
SEED = 1


def tool(name, *libraries):
    """A program of this folder, compiled."""
    out = os.path.join(MADE, name)
    os.makedirs(MADE, exist_ok=True)
    source = os.path.join(HERE, name + ".c")
    if not os.path.exists(out) or os.path.getmtime(out) < os.path.getmtime(source):
        subprocess.run(["cc", "-O2", "-o", out, source, *libraries], check=True)
    return out


def capture(profile, packets, snaplen):
    """A generated capture, the same each time; snaplen 0: full packets."""
    path = os.path.join(MADE, f"{profile}-{packets}-{snaplen or 'full'}.pcap")
    if not os.path.exists(path):
        cut = ["--snaplen", str(snaplen)] if snaplen else []
        subprocess.run([tool("gen_capture"), "--packets", str(packets), "--seed", str(SEED), "--profile", profile, *cut,
                        "--out", path + ".part"], check=True, stderr=subprocess.DEVNULL)
        os.rename(path + ".part", path)
    return path


def instructions(command):
    """Instructions of a run, as callgrind counts them."""
    run = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *command],
                         stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=True)
    return int(re.search(r"Collected : (\d+)", run.stderr.decode()).group(1))


def instructions_a_packet(command, profile, small=200_000, large=400_000, snaplen=96):
    """
    Of the packets between two sizes of one capture, so that what a start costs is left out; and late enough that nearly
    all sources of the profile are known: between 20,000 and 40,000 packets half of the cost is that of new sources.
    """
    few, many = (instructions([*command, capture(profile, n, snaplen)]) for n in (small, large))
    return (many - few) / (large - small)


def run(command):
    """(CPU seconds, user and system; peak memory in MiB) of a run whose output nobody reads."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status != 0:
        raise RuntimeError(f"{command[0]}: status {status}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def pairs(command, path, count):
    """Runs of the command, each after one of the bare loop: ratios of their CPU time, packets a second, peak MiB."""
    loop = [tool("pcap_loop", "-lpcap"), path]
    ratios, seconds, peak = [], [], 0
    run(loop)
    for _ in range(count):
        bare, _ = run(loop)
        mine, memory = run([*command, path])
        ratios.append(mine / max(bare, 0.005))
        seconds.append(mine)
        peak = max(peak, memory)
    return ratios, statistics.median(seconds), peak
