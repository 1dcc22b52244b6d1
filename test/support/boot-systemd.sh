#!/bin/sh
# Boots a systemd of its own, as PID 1 of a machine that is this one with other /etc, /run, /var/lib and /var/log:
#   boot-systemd.sh SCRATCH REPOSITORY NODE
# Nothing that it or its services do is seen outside, nor outlives it; the network is shared.
set -e
scratch=$1 repository=$2 node=$3

if [ -z "$FIRN_BOOTS" ]; then
  # Its control groups are below one of its own in each hierarchy, which whoever has started it removes.
  awk '$0 ~ / - cgroup2? / { print $5 }' /proc/self/mountinfo | while read -r hierarchy; do
    group=$hierarchy/${scratch##*/}
    mkdir "$group"
    # A cpuset takes nobody in before it has processors and memory.
    for what in cpuset.cpus cpuset.mems; do
      if [ -f "$group/$what" ] && [ -z "$(cat "$group/$what")" ]; then cat "$hierarchy/$what" >"$group/$what"; fi
    done
    echo $$ >"$group/cgroup.procs"
  done
  export FIRN_BOOTS=1
  exec unshare --pid --fork --kill-child --mount --mount-proc --cgroup --uts --ipc sh "$0" "$@"
fi

mount --make-rprivate /
umount -R /sys/fs/cgroup

# firn as it would be installed, from the sources: the unit's home directories are hidden from it.
mkdir -p "$scratch/opt/firn/node_modules" "$scratch/bin"
cp "$repository/package.json" "$repository/tsconfig.json" "$scratch/opt/firn/"
for part in cli pool server storage node_modules; do
  mkdir -p "$scratch/opt/firn/$part"
  mount --bind "$(readlink -f "$repository/$part")" "$scratch/opt/firn/$part"
done
touch "$scratch/opt/node"
mount --bind "$node" "$scratch/opt/node"
cat >"$scratch/bin/firn" <<'END'
#!/bin/sh
exec /opt/node --import /opt/firn/node_modules/tsx/dist/loader.mjs /opt/firn/cli/firn.ts "$@"
END
chmod -R a+rX "$scratch/bin" "$scratch/opt/firn/package.json" "$scratch/opt/firn/tsconfig.json"
chmod a+x "$scratch/bin/firn" "$scratch/opt" "$scratch/opt/firn"

cp -a /etc "$scratch/etc"
rm -rf "$scratch/etc/systemd/system" "$scratch/etc/default/firn"
mkdir -p "$scratch/etc/systemd/system"
# Auditing is one for all of the kernel, and its messages are nobody's business here.
printf '[Journal]\nStorage=volatile\nAudit=\nReadKMsg=no\n' >"$scratch/etc/systemd/journald.conf"

mount --rbind "$scratch/opt" /opt
mount --bind "$scratch/bin" /usr/local/bin
mount --bind "$scratch/etc" /etc
for place in /var/lib /var/log /run; do mount -t tmpfs -o mode=755 tmpfs $place; done

# Of all units there are these, and what is written into /etc.
mkdir -p /run/systemd/system /run/units
for target in sysinit basic shutdown network-online multi-user; do
  printf '[Unit]\nDefaultDependencies=no\n' >/run/units/$target.target
done
cp /lib/systemd/system/systemd-journald.service /run/units/
cp /lib/systemd/system/systemd-journald.socket /lib/systemd/system/systemd-journald-dev-log.socket /run/units/
printf '[Unit]\nDefaultDependencies=no\nRequires=systemd-journald.service\n' >/run/units/boot.target
export container=firn SYSTEMD_UNIT_PATH=/etc/systemd/system:/run/units
unset FIRN_BOOTS
exec /lib/systemd/systemd --system --unit=boot.target --show-status=no
