#!/bin/sh
# What client.ts asks, with curl. Usage: sh curl.sh [URL] [MODEL]
set -eu
url="${1:-http://127.0.0.1:8080}"
model="${2:-reviews}"
json='content-type: application/json'

curl -fsS "$url/v1/models"; echo
curl -sS "$url/v1/models/$model/predict" -H "$json" -d '{"input": "good"}'; echo
curl -sS "$url/v1/models/$model/predict" -H "$json" -d '{"inputs": ["good", "bad"]}'; echo
printf '"good"\n"bad"\n' | curl -sSN "$url/v1/models/$model/predict" -H 'content-type: application/x-ndjson' --data-binary @-
curl -sSN "$url/v1/models/$model/generate" -H "$json" -d '{"length": 20, "seed": 1}'; echo
curl -fsS "$url/readyz"; echo
