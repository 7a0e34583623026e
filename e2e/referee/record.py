#!/usr/bin/env python3
"""Asks the kernel: builds each world with its lab script, sends each probe with real sockets, and writes down what happened.

    record.py JOBS.jsonl RESULTS.jsonl [QUIET_MS]

A line of JOBS is a world: {"id","lab","prefix","iptables","spaces":[{"name","trace","tracking","ipvs","listen":[[proto,ip,port]],"raw":bool}],
"hidden":[name],"stateful":bool,"probes":[{"space","proto","dst","src","sport","dport","size","df","ttl","tos","mark","count","reply","wait"}]}.
A line of RESULTS is what was seen: frames of every device (memory-mapped packet socket), TRACE events (NFLOG group 0), conntrack
and IPVS entries, what sockets were told. Everything stays in the namespaces that the lab made; they are taken down at the end.
"""
import ctypes, errno, json, mmap, os, select, socket, struct, subprocess, sys, time

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
HOME = os.open("/proc/self/ns/net", os.O_RDONLY)
ETH_P_ALL = 3
SOL_PACKET, PACKET_RX_RING, PACKET_VERSION, TPACKET_V2 = 263, 5, 10, 1
FRAME, BLOCK, BLOCKS = 2048, 1 << 18, 8
NETLINK_NETFILTER = 12
IP_MTU_DISCOVER, IP_PMTUDISC_DONT, IP_PMTUDISC_WANT, IP_PMTUDISC_DO = 10, 0, 1, 2
IP_PKTINFO, SO_MARK, IP_FREEBIND = 8, 36, 15
TCP_DEFER_ACCEPT = 9


class In:
    """The rest of the block happens in a network namespace; sockets stay where they were made."""

    def __init__(self, path):
        self.path = path

    def __enter__(self):
        fd = os.open(self.path, os.O_RDONLY)
        try:
            if LIBC.setns(fd, CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns " + self.path)
        finally:
            os.close(fd)

    def __exit__(self, *_):
        if LIBC.setns(HOME, CLONE_NEWNET) != 0:
            raise SystemExit("cannot come home")


def attr(kind, data):
    raw = struct.pack("=HH", 4 + len(data), kind) + data
    return raw + b"\0" * (-len(raw) % 4)


def nfnl(sock, kind, flags, family, res, attrs):
    body = struct.pack("=BBH", family, 0, socket.htons(res)) + attrs
    sock.send(struct.pack("=IHHII", 16 + len(body), kind, flags, 1, 0) + body)


def nflog_socket():
    s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
    s.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)  # SO_RCVBUFFORCE
    s.bind((0, 0))
    config = (4 << 8) | 1
    for family, group, cmd in ((socket.AF_INET, 0, 4), (socket.AF_INET, 0, 3), (socket.AF_UNSPEC, 0, 1)):
        nfnl(s, config, 5, family, group, attr(1, bytes([cmd])))
        s.recv(65536)
    nfnl(s, config, 5, 0, 0, attr(2, struct.pack(">IBx", 0xFFFF, 2)) + attr(5, struct.pack(">I", 1)) + attr(4, struct.pack(">I", 0)))
    s.recv(65536)
    s.setblocking(False)
    return s


class Ring:
    """A packet socket for all devices of a namespace. Its frames are copies that later hops cannot change."""

    def __init__(self):
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.sock.setsockopt(SOL_PACKET, PACKET_VERSION, TPACKET_V2)
        self.count = BLOCK // FRAME * BLOCKS
        self.sock.setsockopt(SOL_PACKET, PACKET_RX_RING, struct.pack("IIII", BLOCK, BLOCKS, FRAME, self.count))
        self.map = mmap.mmap(self.sock.fileno(), BLOCK * BLOCKS)
        self.at = 0

    def read(self):
        out = []
        while True:
            base = self.at * FRAME
            status, length, snap, mac, net, sec, nsec, tci, tpid = struct.unpack_from("=IIIHHIIHH", self.map, base)
            if not status & 1:
                return out
            family, proto, ifindex, hatype, pkttype = struct.unpack_from("=HHiHB", self.map, base + 32)
            ether = hatype in (1, 772)
            start = mac if ether else net
            size = snap if ether else snap - (net - mac)
            out.append({
                "t": sec * 10**9 + nsec,
                "ifindex": ifindex,
                "type": pkttype,
                "ether": ether,
                "proto": socket.ntohs(proto),
                "len": length if ether else length - (net - mac),
                "vlan": tci & 0xFFF if status & 0x10 else None,
                "hex": self.map[base + start : base + start + size].hex(),
            })
            struct.pack_into("=I", self.map, base, 0)
            self.at = (self.at + 1) % self.count

    def close(self):
        self.map.close()
        self.sock.close()


def read_nflog(sock):
    out = []
    while True:
        try:
            data = sock.recv(1 << 18)
        except BlockingIOError:
            return out
        except OSError as e:
            if e.errno == errno.ENOBUFS:
                out.append({"lost": True})
                continue
            raise
        at = 0
        while at + 16 <= len(data):
            size, kind = struct.unpack_from("=IH", data, at)
            if kind == (4 << 8):
                event = {"mark": 0}
                pos = at + 20
                while pos + 4 <= at + size:
                    alen, akind = struct.unpack_from("=HH", data, pos)
                    value = data[pos + 4 : pos + alen]
                    akind &= 0x3FFF
                    if akind == 1:
                        event["hook"] = value[2]
                    elif akind == 2:
                        event["mark"] = struct.unpack(">I", value)[0]
                    elif akind in (4, 5, 6, 7):
                        event[{4: "in", 5: "out", 6: "physin", 7: "physout"}[akind]] = struct.unpack(">I", value)[0]
                    elif akind == 9:
                        event["hex"] = value[:160].hex()
                    elif akind == 10:
                        event["prefix"] = value.rstrip(b"\0").decode("latin1")
                    pos += alen + (-alen % 4)
                out.append(event)
            at += size + (-size % 4)


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


class Client:
    """The prober's socket."""

    def __init__(self, space, p, nth):
        self.p, self.told, self.done = p, [], False
        proto = p["proto"]
        kind = {6: socket.SOCK_STREAM, 17: socket.SOCK_DGRAM}.get(proto, socket.SOCK_RAW)
        with In(space.path):
            self.sock = s = socket.socket(socket.AF_INET, kind, proto)
        s.setblocking(False)
        if kind != socket.SOCK_RAW:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if p.get("mark"):
            s.setsockopt(socket.SOL_SOCKET, SO_MARK, p["mark"])
        if p.get("ttl"):
            s.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, p["ttl"])
        if p.get("tos"):
            s.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, p["tos"])
        df = p.get("df")
        if df is not None:
            s.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO if df else IP_PMTUDISC_DONT)
        if proto == 6 and not p["size"] and (p.get("count") or 1) == 1:
            # The handshake's last ACK waits for data: the engine sends none either, and rules would see it.
            s.setsockopt(socket.IPPROTO_TCP, TCP_DEFER_ACCEPT, 1)
        if kind != socket.SOCK_RAW:
            s.setsockopt(socket.IPPROTO_IP, 11, 1)  # IP_RECVERR
        try:
            if kind == socket.SOCK_RAW:
                if p.get("src"):
                    s.bind((p["src"], 0))
            else:
                s.bind((p.get("src") or "0.0.0.0", (p["sport"] + nth) & 0xFFFF))
            self.start(proto, nth)
        except OSError as e:
            self.told.append(errno.errorcode.get(e.errno, str(e.errno)))

    def start(self, proto, nth):
        p, s = self.p, self.sock
        if proto == 6:
            try:
                s.connect((p["dst"], p["dport"]))
            except BlockingIOError:
                pass
        elif proto == 17:
            s.connect((p["dst"], p["dport"]))
            s.send(bytes(p["size"]))
        elif proto == 1:
            head = struct.pack(">BBHHH", 8, 0, 0, (p["sport"] + nth) & 0xFFFF, 1)
            data = head + bytes(p["size"])
            s.connect((p["dst"], 0))
            s.send(data[:2] + struct.pack(">H", checksum(data)) + data[4:])
        elif proto == 132:
            s.connect((p["dst"], 0))
            s.send(sctp((p["sport"] + nth) & 0xFFFF, p["dport"], 1, 0))
        else:
            s.connect((p["dst"], 0))
            s.send(bytes(p["size"]))

    def ready(self):
        """Something happened at the socket."""
        if self.done:
            return
        self.done = True
        error = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            self.told.append(errno.errorcode.get(error, str(error)))
            return
        if self.p["proto"] == 6:
            self.told.append("connected")
            if self.p["size"]:
                self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                try:
                    self.sock.send(bytes(self.p["size"]))
                except OSError as e:
                    self.told.append(errno.errorcode.get(e.errno, str(e.errno)))
        else:
            self.told.append("answer")

    def close(self):
        if self.p["proto"] == 6:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def sctp(sport, dport, chunk, vtag):
    body = struct.pack(">BBH", chunk, 0, 20) + struct.pack(">IIHHI", 0x01020304, 65536, 10, 10, 1)
    packet = struct.pack(">HHII", sport, dport, vtag, 0) + body
    return packet[:8] + struct.pack("<I", crc32c(packet)) + packet[12:]


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
                        self.reset()
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

    def reset(self):
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


def serve(space, fd, seen, p):
    """A listener's work: take a connection, send back as much as came."""
    kind, s = space.listeners[fd]
    silent = p is not None and p.get("reply") is False
    try:
        if kind == "tcp":
            c, who = s.accept()
            seen.append({"space": space.name, "proto": 6, "from": who, "to": c.getsockname()})
            space.held.append(c)
            return
        data, ancillary, _, who = s.recvmsg(65535, 256)
    except BlockingIOError:
        return
    except OSError:
        return
    if kind == "udp":
        to = next((struct.unpack("=I4s4s", d[:12])[2] for level, typ, d in ancillary if typ == IP_PKTINFO), b"\0" * 4)
        seen.append({"space": space.name, "proto": 17, "from": who, "to": [socket.inet_ntoa(to), s.getsockname()[1]]})
        if not silent and p is not None:
            try:
                s.sendmsg([data], [(socket.IPPROTO_IP, IP_PKTINFO, struct.pack("=I4s4s", 0, to, b"\0" * 4))], 0, who)
            except OSError:
                pass
        return
    ihl = (data[0] & 15) * 4
    src, dst, proto = socket.inet_ntoa(data[12:16]), socket.inet_ntoa(data[16:20]), data[9]
    if p is None or p.get("proto") != proto:
        return
    payload = data[ihl:]
    if proto == 132:
        sport, dport = struct.unpack(">HH", payload[:4])
        if payload[12] != 1:
            return
        payload = sctp(dport, sport, 2, 0x01020304)
    elif any(x["proto"] == proto for x in seen):
        return
    seen.append({"space": space.name, "proto": proto, "from": [src, 0], "to": [dst, 0]})
    if silent:
        return
    with In(space.path):
        r = socket.socket(socket.AF_INET, socket.SOCK_RAW, proto)
    try:
        r.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, data[1])
        r.bind((dst, 0))
        r.sendto(payload, (src, 0))
    except OSError:
        pass
    r.close()


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
