#!/bin/sh
# Runs mosquitto, and lets it read its lists again when the hub has changed them.
#   run.sh [CONFIG] [FOLDER]
set -eu
config=${1:-/mosquitto/config/mosquitto.conf}
folder=${2:-/mosquitto/identity}

# The hub writes the folder at its first start; a broker without a certificate has nothing to say.
while ! { [ -s "$folder/broker.pem" ] && [ -s "$folder/revoked.pem" ] && [ -s "$folder/acl" ]; }; do
    sleep 1
done

look() { ls -l -i "$folder/broker.pem" "$folder/revoked.pem" "$folder/acl" 2>/dev/null; }

seen=$(look)
mosquitto -c "$config" &
broker=$!
trap 'kill -TERM "$broker" 2>/dev/null' TERM INT

while kill -0 "$broker" 2>/dev/null; do
    sleep 1 &
    wait $! || true
    now=$(look)
    if [ "$now" != "$seen" ]; then
        seen=$now
        kill -HUP "$broker"
    fi
done
wait "$broker"
