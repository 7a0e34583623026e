#!/usr/bin/env python3
"""Asks the kernel: builds each world with its lab script, sends each probe with real sockets, and writes down what happened.

    record.py JOBS.jsonl RESULTS.jsonl [QUIET_MS]

A line of JOBS is a world: {"id","lab","prefix","iptables","spaces":[{"name","trace","tracking","ipvs","listen":[[proto,ip,port]],"raw":bool}],
"hidden":[name],"stateful":bool,"probes":[{"space","proto","dst","src","sport","dport","size","df","ttl","tos","mark","count","reply","wait","fresh","forgets"}]}.
A line of RESULTS is what was seen: frames of every device (memory-mapped packet socket), TRACE events (NFLOG group 0), conntrack
and IPVS entries, what sockets were told. Everything stays in the namespaces that the lab made; they are taken down at the end.
"""
import json, os, select, socket, struct, subprocess, sys, time

sys.dont_write_bytecode = True
from sockets import Client, IP_FREEBIND, IP_PKTINFO, serve
from watch import In, NETLINK_NETFILTER, Ring, nflog_socket, nfnl, read_nflog


class Space:
    def __init__(self, spec, prefix):
        self.spec, self.name = spec, spec["name"]
        self.path = f"/run/netns/{prefix}-{self.name}"
        self.listeners, self.nflog = {}, None
        with In(self.path):
            # A silent neighbour is given up before TCP sends anything again.
            for dev in os.listdir("/proc/sys/net/ipv4/neigh"):
                with open(f"/proc/sys/net/ipv4/neigh/{dev}/retrans_time_ms", "w") as f:
                    f.write("150")
            self.ring = Ring()
            if spec.get("trace"):
                self.nflog = nflog_socket()
            for proto, ip, port in spec["listen"]:
                if proto == "tcp":
                    continue
                s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                s.setsockopt(socket.IPPROTO_IP, IP_FREEBIND, 1)
                s.bind((ip, port))
                s.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
                s.setblocking(False)
                self.listeners[s.fileno()] = (proto, s)
            for proto in spec.get("raw", []):
                s = socket.socket(socket.AF_INET, socket.SOCK_RAW, proto)
                s.setblocking(False)
                self.listeners[s.fileno()] = ("raw", s)
        self.held = []
        self.listen_tcp()
        self.refresh()

    def listen_tcp(self):
        """Anew for each probe: connections that an earlier one left half open go with their listener."""
        for fd in [fd for fd, (kind, _) in self.listeners.items() if kind == "tcp"]:
            self.listeners.pop(fd)[1].close()
        for s in self.held:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            s.close()
        self.held = []
        with In(self.path):
            for proto, ip, port in self.spec["listen"]:
                if proto != "tcp":
                    continue
                s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
                s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                s.setsockopt(socket.IPPROTO_IP, IP_FREEBIND, 1)
                s.bind((ip, port))
                s.listen(64)
                s.setblocking(False)
                self.listeners[s.fileno()] = ("tcp", s)

    def refresh(self):
        with In(self.path):
            self.devices = {i: n for i, n in socket.if_nameindex()}

    def flush_conntrack(self):
        with In(self.path):
            s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
        nfnl(s, (1 << 8) | 2, 5, socket.AF_INET, 0, b"")
        s.recv(65536)
        s.close()

    def run(self, *command):
        return subprocess.run(["nsenter", "--net=" + self.path, *command], capture_output=True, text=True).stdout

    def close(self):
        self.ring.close()
        if self.nflog:
            self.nflog.close()
        for _, s in self.listeners.values():
            s.close()


class World:
    def __init__(self, job, quiet):
        self.job, self.quiet = job, quiet
        self.env = dict(os.environ, PW_LAB=job["prefix"], PW_IPTABLES=job["iptables"])

    def lab(self, verb):
        return subprocess.run(["bash", self.job["lab"], verb], env=self.env, capture_output=True, text=True)

    def trace_rules(self):
        text = "*raw\n-I PREROUTING -j TRACE\n-I OUTPUT -j TRACE\nCOMMIT\n"
        for space in self.spaces:
            if space.spec.get("trace"):
                done = subprocess.run(["nsenter", "--net=" + space.path, self.job["iptables"] + "-restore", "-n"], input=text, text=True, capture_output=True)
                if done.returncode:
                    raise RuntimeError("TRACE: " + done.stderr.strip())

    def record(self):
        built = self.lab("up")
        try:
            if built.returncode or built.stderr.strip():
                return {"id": self.job["id"], "error": "lab: " + (built.stderr.strip() or f"status {built.returncode}")}
            self.spaces = [Space(spec, self.job["prefix"]) for spec in self.job["spaces"]]
            try:
                self.ready()
                probes = []
                for i, probe in enumerate(self.job["probes"]):
                    if i and probe.get("fresh"):
                        self.rebuild()
                    elif i:
                        self.reset(probe.get("forgets"))
                    probes.append(self.probe(probe))
                return {"id": self.job["id"], "probes": probes}
            finally:
                for space in self.spaces:
                    space.close()
        except (OSError, RuntimeError) as e:
            return {"id": self.job["id"], "error": f"{type(e).__name__}: {e}"}
        finally:
            self.lab("down")

    def ready(self):
        self.trace_rules()
        self.settle(0.001, {}, [], None)

    def rebuild(self):
        """What a reset does not take back goes with the namespaces."""
        for space in self.spaces:
            space.close()
        self.lab("down")
        built = self.lab("up")
        if built.returncode or built.stderr.strip():
            raise RuntimeError("lab: " + (built.stderr.strip() or f"status {built.returncode}"))
        self.spaces = [Space(spec, self.job["prefix"]) for spec in self.job["spaces"]]
        self.ready()

    def forget(self):
        """What a match remembers under a name goes with the last rule of that name."""
        for space in self.spaces:
            if space.spec.get("trace"):
                tables = [line for line in space.run(self.job["iptables"] + "-save").splitlines() if line.startswith("*")]
                empty = "".join(f"{table}\nCOMMIT\n" for table in tables)
                done = subprocess.run(["nsenter", "--net=" + space.path, self.job["iptables"] + "-restore"], input=empty, text=True, capture_output=True)
                if done.returncode:
                    raise RuntimeError("forget: " + done.stderr.strip())

    def reset(self, forgets=False):
        if forgets:
            self.forget()
        if self.job.get("stateful"):
            done = self.lab("reset")
            if done.returncode or done.stderr.strip():
                raise RuntimeError("reset: " + done.stderr.strip())
            self.trace_rules()
        for space in self.spaces:
            if space.spec.get("tracking"):
                space.flush_conntrack()
        if self.job.get("stateful"):
            given = self.lab("given")
            if given.returncode:
                raise RuntimeError("given: " + given.stderr.strip())
        self.settle(0.002, {}, [], None)

    def probe(self, p):
        space = next((s for s in self.spaces if s.name == p["space"]), None)
        frames, events, seen, told = [], [], [], []
        sink = {"frames": frames, "events": events, "seen": seen}
        clients = []
        for nth in range(p.get("count") or 1):
            begun = time.monotonic()
            client = Client(space, p, nth)
            clients.append(client)
            self.settle(self.quiet, sink, [client], p)
            # Until then, however quiet it is, and no longer: after a second TCP sends again.
            while time.monotonic() < begun + (p.get("wait") or 0) / 1000:
                self.settle(self.quiet, sink, [client], p)
            told.append(client.told)
        result = {
            **sink,
            "told": told,
            "conntrack": {s.name: s.run("conntrack", "-L").splitlines() for s in self.spaces if s.spec.get("tracking")},
            "ipvs": {s.name: s.run("ipvsadm", "-Lnc").splitlines()[2:] for s in self.spaces if s.spec.get("ipvs")},
        }
        for client in clients:
            client.close()
        if p["proto"] == 6:
            for space in self.spaces:
                space.listen_tcp()
        self.settle(0.004, {}, [], None)
        frames.sort(key=lambda f: f["t"])
        return result

    def settle(self, quiet, sink, clients, p):
        """Reads what comes until nothing has come for `quiet` seconds."""
        poll = select.poll()
        owner = {}
        for space in self.spaces:
            if space.spec.get("hidden"):
                continue
            owner[space.ring.sock.fileno()] = (space, "ring")
            if space.nflog:
                owner[space.nflog.fileno()] = (space, "nflog")
        for space in self.spaces:
            for fd in space.listeners:
                owner[fd] = (space, "listener")
        for fd in owner:
            poll.register(fd, select.POLLIN)
        waiting = {c.sock.fileno(): c for c in clients if not c.done}
        for fd, c in waiting.items():
            poll.register(fd, select.POLLOUT | select.POLLIN if c.p["proto"] == 6 else select.POLLIN)
        deadline = time.monotonic() + 10
        frames, events, seen = sink.get("frames", []), sink.get("events", []), sink.get("seen", [])
        while time.monotonic() < deadline:
            ready = poll.poll(quiet * 1000)
            if not ready:
                return
            for fd, mask in ready:
                if fd in waiting:
                    waiting.pop(fd).ready()
                    poll.unregister(fd)
                    continue
                space, what = owner[fd]
                if what == "ring":
                    for f in space.ring.read():
                        f["space"], f["dev"] = space.name, space.devices.get(f.pop("ifindex"), "?")
                        frames.append(f)
                elif what == "nflog":
                    for e in read_nflog(space.nflog):
                        e["space"] = space.name
                        for key in ("in", "out", "physin", "physout"):
                            if key in e:
                                e[key] = space.devices.get(e[key], "?")
                        events.append(e)
                else:
                    serve(space, fd, seen, p)


def main():
    jobs, results = sys.argv[1], sys.argv[2]
    quiet = (float(sys.argv[3]) if len(sys.argv) > 3 else 15) / 1000
    with open(jobs) as source, open(results, "w") as out:
        for line in source:
            if line.strip():
                job = json.loads(line)
                try:
                    result = World(job, quiet).record()
                except Exception as e:  # one world's trouble must not cost the others
                    result = {"id": job["id"], "error": f"{type(e).__name__}: {e}"}
                out.write(json.dumps(result) + "\n")
                out.flush()


main()
