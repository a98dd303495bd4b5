#!/bin/sh
# Install systemd units: deploy/install.sh one-machine|web|workers [TARGET]     (as root; TARGET: /etc/systemd/system)
# MINDSITE_USER (mindsite) runs them, MINDSITE_BACKUPS (/var/backups/mindsite) is where backups go.
set -eu
folder=$(cd "$(dirname "$0")/.." && pwd)
target=${2:-/etc/systemd/system}
case "${1:-}" in
    one-machine) units="mindsite.service mindsite-backup.service mindsite-backup.timer" ;;
    web) units="mindsite-web.service mindsite-backup.service mindsite-backup.timer" ;;
    workers) units="mindsite-worker@.service" ;;
    *) sed -n '2,3s/^# //p' "$0" >&2; exit 2 ;;
esac
[ -x "$folder/.venv/bin/python" ] || { echo "$folder/.venv is not there: run make setup first" >&2; exit 1; }
mkdir -p "$target"
for unit in $units; do
    sed -e "s#@FOLDER@#$folder#g" -e "s#@USER@#${MINDSITE_USER:-mindsite}#g" \
        -e "s#@BACKUPS@#${MINDSITE_BACKUPS:-/var/backups/mindsite}#g" "$folder/deploy/systemd/$unit" > "$target/$unit"
    echo "$target/$unit"
done
echo "Next: systemctl daemon-reload, then systemctl enable --now of those that you want"
