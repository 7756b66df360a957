"""
Two machines in one: network namespaces `client` and `server` joined by a veth pair, real programs in them, and the kernel's
own counts. Needs root and iproute2. Everything a Lab starts ends with it: each process by its own id, then the namespaces.
"""
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time

CLIENT, SERVER = "10.201.0.1", "10.201.0.2"
SAMPLE_S = 0.2  # between two looks at TIME_WAIT
END_S = 5  # how long a program may take to end before it is killed


class Failed(Exception):
    """Something of the lab itself did not work: no statement about the program under test."""


def why_not():
    """Why there can be no lab here; None when there can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    for tool in ("ip", "ss", "tcpdump"):
        if not shutil.which(tool):
            return f"{tool} is not installed"
    name = f"sycprobe{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True, check=False)
    if made.returncode:
        return f"no network namespace can be made: {made.stderr.strip()}"
    try:
        veth = subprocess.run(["ip", "-n", name, "link", "add", "probe0", "type", "veth", "peer", "name", "probe1"],
                              capture_output=True, text=True, check=False)
        return f"no veth pair can be made: {veth.stderr.strip()}" if veth.returncode else None
    finally:
        subprocess.run(["ip", "netns", "del", name], check=False)


class Lab:
    def __init__(self, keep=None):
        """keep: where captures stay, a name without its ".pcap"; None = nowhere."""
        self.keep = keep
        self.names = {who: f"syc{who}{os.getpid()}" for who in ("client", "server")}
        self.made, self.processes = [], []
        self.folder = tempfile.mkdtemp(prefix="syclive")
        os.chmod(self.folder, 0o755)  # PostgreSQL does not run as root, and must get in

    def __enter__(self):
        try:
            self.build()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            self.end(process)
        for name in self.made:
            subprocess.run(["ip", "netns", "del", name], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def build(self):
        for name in self.names.values():
            self.must(["ip", "netns", "add", name])
            self.made.append(name)
            self.must(["ip", "-n", name, "link", "set", "lo", "up"])
        client, server = self.names["client"], self.names["server"]
        self.must(["ip", "-n", client, "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", server])
        for name, address in ((client, CLIENT), (server, SERVER)):
            self.must(["ip", "-n", name, "addr", "add", f"{address}/24", "dev", "eth0"])
            self.must(["ip", "-n", name, "link", "set", "eth0", "up"])
        self.sysctl("client", "net.ipv4.tcp_tw_reuse", "0")  # a port in TIME_WAIT is not taken again
        time.sleep(0.2)

    @staticmethod
    def must(command):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Failed(f"{' '.join(command)}: {done.stderr.strip()}")
        return done.stdout

    def inside(self, who, command):
        return ["ip", "netns", "exec", self.names[who]] + [str(word) for word in command]

    def sysctl(self, who, name, value):
        path = "/proc/sys/" + name.replace(".", "/")
        self.must(self.inside(who, ["sh", "-c", f"echo {value} > {path}"]))

    def start(self, who, command, **more):
        """A program in a namespace, to be ended by end() or with the lab. `ip netns exec` becomes it, so its id is its own."""
        with open(os.path.join(self.folder, "log"), "ab") as log:
            more = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log, **more}
            process = subprocess.Popen(self.inside(who, command), **more)
        self.processes.append(process)
        return process

    def run(self, who, command, timeout=60):
        """Run a program to its end: its standard output."""
        done = subprocess.run(self.inside(who, command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=timeout, text=True, check=False)
        if done.returncode:
            raise Failed(f"{command[0]}: exit status {done.returncode}: {done.stderr.strip()[-400:]}")
        return done.stdout

    def end(self, process, number=signal.SIGTERM):
        """End a program that start() gave: ask, wait, then insist. Its exit status."""
        if process.poll() is None:
            process.send_signal(number)
            try:
                process.wait(END_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if process in self.processes:
            self.processes.remove(process)
        return process.returncode

    def log(self):
        with open(os.path.join(self.folder, "log"), encoding="utf-8", errors="replace") as f:
            return f.read()

    def wait_for_port(self, port, seconds=10):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.run("server", ["ss", "-Htln", f"sport = :{port}"]).strip():
                return
            time.sleep(0.1)
        raise Failed(f"nobody listens at port {port}\n{self.log()[-1000:]}")

    def time_wait(self, who):
        return self.run(who, ["ss", "-Htan", "state", "time-wait"]).count("\n")

    # ---- what a test uses ----

    def nginx(self, keep_alive=75):
        """nginx with a page of 2000 octets at /; its process."""
        root = os.path.join(self.folder, "www")
        os.makedirs(root, exist_ok=True)
        with open(os.path.join(root, "index.html"), "w", encoding="ascii") as f:
            f.write("x" * 2000)
        path = os.path.join(self.folder, "nginx.conf")
        temporary = "".join(f"{kind}_temp_path {self.folder};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        with open(path, "w", encoding="ascii") as f:
            f.write(f"""
user root; daemon off; worker_processes 1; pid {self.folder}/nginx.pid; error_log {self.folder}/log crit;
events {{ worker_connections 2048; }}
http {{ access_log off; {temporary}
    server {{ listen {SERVER}:80 backlog=2048; root {root}; keepalive_timeout {keep_alive}; keepalive_requests 100000; }} }}
""")
        process = self.start("server", ["nginx", "-c", path])
        self.wait_for_port(80)
        return process

    def capture(self, who="client"):
        """tcpdump at one end: (process, file)."""
        path = os.path.join(self.folder, f"{who}.pcap")
        process = self.start(who, ["tcpdump", "-Z", "root", "-U", "-i", "eth0", "-s", "128", "-B", "16384", "-w", path, "tcp"],
                             stderr=subprocess.PIPE, text=True)
        line = process.stderr.readline()
        process.path = path
        if "listening on" not in line:
            raise Failed(f"tcpdump: {line.strip()}")
        time.sleep(0.3)
        return process, path

    def end_capture(self, process):
        """How many packets the kernel dropped."""
        time.sleep(0.5)  # what is under way is written
        process.send_signal(signal.SIGINT)
        try:
            _, text = process.communicate(timeout=END_S)
        except subprocess.TimeoutExpired as e:
            self.end(process)
            raise Failed("tcpdump did not end") from e
        self.end(process)
        if self.keep:
            shutil.copyfile(process.path, f"{self.keep}.pcap")
        dropped = re.search(r"(\d+) packets? dropped by kernel", text)
        return int(dropped.group(1)) if dropped else 0


class Samples(threading.Thread):
    """The kernel's TIME_WAIT of both ends, looked at again and again."""

    def __init__(self, lab):
        super().__init__(daemon=True)
        self.lab, self.peak, self.count, self.over = lab, {"client": 0, "server": 0}, 0, threading.Event()

    def __enter__(self):
        self.look()
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join()
        self.look()

    def look(self):
        for who in self.peak:
            self.peak[who] = max(self.peak[who], self.lab.time_wait(who))
        self.count += 1

    def run(self):
        while not self.over.wait(SAMPLE_S):
            try:
                self.look()
            except (Failed, OSError, subprocess.SubprocessError):
                return  # the next look of the main thread will say it
