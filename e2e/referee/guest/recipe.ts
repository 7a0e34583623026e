/** What the guest is made of: Debian's kernel and user space, booted by qemu without KVM. A change of this file makes a new guest. */

export const SUITE = 'bookworm';

/** Installed in the guest. */
export const PACKAGES: readonly string[] = [
  'iproute2', 'netbase', 'iptables', 'ipset', 'ipvsadm', 'nftables', 'tcpdump', 'conntrack', 'nfacct', 'python3', 'iputils-ping', 'procps', 'kmod', 'ethtool', 'openvswitch-switch', 'bridge-utils', 'arptables', 'ebtables', 'iputils-arping',
];

/** Folders and files of the kernel's module tree that the guest has. */
export const MODULE_TREE: readonly string[] = [
  'kernel/net', 'kernel/lib', 'kernel/crypto', 'kernel/arch/x86/crypto',
  'kernel/drivers/net/vxlan', 'kernel/drivers/net/geneve.ko', 'kernel/drivers/net/dummy.ko', 'kernel/drivers/net/veth.ko', 'kernel/drivers/net/vrf.ko', 'kernel/drivers/net/ifb.ko', 'kernel/drivers/net/tun.ko', 'kernel/drivers/net/macvlan.ko', 'kernel/drivers/net/ipvlan', 'kernel/drivers/net/bonding',
];

/** Loaded before the job starts. A pattern stands for every module of the tree that it names. */
export const MODULES: readonly string[] = [
  'nf_conntrack', 'nf_conntrack_netlink', 'nfnetlink_log', 'nfnetlink_queue', 'nfnetlink_acct', 'nf_log_syslog', 'nf_tables', 'nft_compat', 'nft_chain_nat', 'nft_fib_ipv4',
  'iptable_raw', 'iptable_mangle', 'iptable_nat', 'iptable_filter', 'iptable_security',
  'xt_*', 'ipt_*', 'ip_set', 'ip_set_*', 'ip_vs', 'ip_vs_*',
  'veth', 'bridge', 'br_netfilter', '8021q', 'dummy', 'ipip', 'gre', 'ip_gre', 'vxlan', 'geneve', 'macvlan', 'openvswitch', 'dccp', 'dccp_ipv4',
];

/** What /init needs before it can mount the root, and the order in which it loads them. */
export const BOOT_MODULES: readonly string[] = ['virtio_pci', 'virtio_blk', 'ext4', 'overlay', '9pnet_virtio', '9p', 'virtio_rng', 'virtio_console'];
export const BOOT_ORDER: readonly string[] = [
  'virtio_ring', 'virtio', 'virtio_pci_modern_dev', 'virtio_pci_legacy_dev', 'virtio_pci', 'virtio_blk', 'crc32c-intel', 'crc32c_generic', 'jbd2', 'mbcache', 'crc16', 'ext4', 'overlay', '9pnet', '9pnet_virtio', 'netfs', 'fscache', '9p', 'virtio-rng', 'virtio_console',
];

/** A line on the console with this word is why the guest gave up. */
export const MARK = 'GUEST:';

/** The initramfs' PID 1: the root read-only with a tmpfs over it, so that every boot is clean and guests can share the image. */
export const INIT = `#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for m in $(cat /order); do insmod /modules/$m 2>/dev/null; done
fail() { echo "${MARK} cannot mount $1"; poweroff -f; }
mkdir -p /ro /rw /new
mount -t ext4 -o ro /dev/vda /ro || fail root
mount -t tmpfs -o size=512m tmpfs /rw || fail tmpfs
mkdir -p /rw/upper /rw/work
mount -t overlay -o lowerdir=/ro,upperdir=/rw/upper,workdir=/rw/work overlay /new || fail overlay
mkdir -p /new/host
mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144 host /new/host || fail host
mount -t proc proc /new/proc
mount -t sysfs sys /new/sys
mount -t devtmpfs dev /new/dev
mount -t tmpfs tmpfs /new/run
mount -t tmpfs tmpfs /new/tmp
exec switch_root /new /sbin/guest-init
`;

/** The root's PID 1: loads the modules, runs the job and leaves its status. Labs make tunl0 themselves, so a new namespace gets none. */
export const GUEST_INIT = `#!/bin/bash
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8
mkdir -p /dev/pts /dev/shm /run/netns /run/lock
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null
sysctl -qw net.core.fb_tunnels_only_for_init_net=2
modprobe -a $(cat /lib/modules/loaded-at-boot) 2> /run/modprobe.err
ip link set lo up
cd /root
bash /host/job.sh > /host/job.log 2>&1 < /dev/null
echo $? > /host/job.rc.new
sync
mv /host/job.rc.new /host/job.rc
echo "${MARK} done"
echo o > /proc/sysrq-trigger
sleep 5
`;

/** Boot arguments: a panic ends qemu (with -no-reboot). */
export const APPEND = 'console=ttyS0 quiet loglevel=3 panic=-1 mitigations=off tsc=reliable random.trust_cpu=on';
