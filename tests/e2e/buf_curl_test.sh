#!/usr/bin/env bash
# The feasibility exchange with buf curl: the protos, curl's habits, no code.
#   passerelle_platform.py BIN_DIR tests/e2e/buf_curl_test.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
buf=$PWD/build/node/node_modules/.bin/buf
# Built once: buf would compile the protos at every call.
schema=$(mktemp --suffix=.binpb)
answer=$(mktemp)
trap 'rm -f "$schema" "$answer"' EXIT
"$buf" build -o "$schema"

# call MISSION OFFICER SERVICE/METHOD JSON: one RPC; its answer in $answer.
call() {
  local own=$PASSERELLE_PKI/missions/$1/batch
  "$buf" curl --schema "$schema" --protocol grpc \
    --cacert "$PASSERELLE_PKI/ca.pem" \
    --cert "$own/cert.pem" --key "$own/key.pem" \
    --header "passerelle-officer: missions/$1/officers/$2" \
    --data "$4" "https://$PASSERELLE_ADDRESS/passerelle.v1.$3" >"$answer" 2>&1
}
field() { python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$answer" "$1"; }
must() { call "$@" || { cat "$answer" >&2; echo "failed: $3" >&2; exit 1; }; }
expect() { [ "$(field "$1")" = "$2" ] || { echo "$1 is $(field "$1"), not $2" >&2; exit 1; }; }
id() { cat /proc/sys/kernel/random/uuid; }
study_service=FeasibilityStudyService

must iom-tn cm CaseService/CreateCase '{"requestId": "'"$(id)"'", "case": {
  "direction": "INBOUND", "originMission": "missions/iom-ma", "principal": {
    "givenName": "Salma", "familyName": "Essai", "sex": "FEMALE",
    "birthDate": {"year": 1994, "month": 3, "day": 9}, "nationality": "MA"}}}'
file=$(field name)
must iom-tn cm ConsentService/CreateConsent '{"requestId": "'"$(id)"'",
  "parent": "'"$file"'", "consent": {"scope": "SHARE_WITH_ORIGIN_MISSION",
    "recipient": "missions/iom-ma", "language": "ar", "form": "WRITTEN"}}'
consent=$(field name)
must iom-tn cm PlanService/CreatePlan '{"requestId": "'"$(id)"'",
  "parent": "'"$file"'", "plan": {"outline": "A bakery.",
    "ceiling": {"currency": "MAD", "hundredths": "3000000"},
    "lines": [{"category": "INCOME_GENERATING_ACTIVITY",
      "amount": {"currency": "MAD", "hundredths": "2200000"}}]}}'
plan=$(field name)
must iom-tn cm CaseService/ProposeCase '{"requestId": "'"$(id)"'",
  "name": "'"$file"'", "consent": "'"$consent"'"}'
must iom-tn cm $study_service/CreateFeasibilityStudy '{
  "requestId": "'"$(id)"'", "parent": "'"$file"'",
  "feasibilityStudy": {"plan": "'"$plan"'"}}'
study=$(field name)
must iom-tn cm $study_service/RequestFeasibilityStudy '{
  "requestId": "'"$(id)"'", "name": "'"$study"'", "consent": "'"$consent"'"}'
expect state REQUESTED
must iom-ma ro $study_service/AssignFeasibilityStudy '{
  "requestId": "'"$(id)"'", "name": "'"$study"'"}'
must iom-ma ro ExchangeService/AskClarification '{
  "requestId": "'"$(id)"'", "name": "'"$study"'", "question": "A licence?"}'
expect state CLARIFICATION
must iom-tn cm ExchangeService/AnswerClarification '{
  "requestId": "'"$(id)"'", "name": "'"$study"'", "answer": "Yes."}'
must iom-ma ro $study_service/SubmitFeasibilityOpinion '{
  "requestId": "'"$(id)"'", "name": "'"$study"'",
  "opinion": {"outcome": "FEASIBLE"}}'
must iom-ma fp $study_service/ValidateFeasibilityOpinion '{
  "requestId": "'"$(id)"'", "name": "'"$study"'"}'
must iom-tn cm $study_service/AcknowledgeFeasibilityOpinion '{
  "requestId": "'"$(id)"'", "name": "'"$study"'"}'
expect state ACKNOWLEDGED
must iom-ma ro MailboxService/FetchMailbox '{}'
expect lastSequence 4
must iom-ma ro MailboxService/AcknowledgeMailbox '{"upToSequence": "4"}'

# Errors come with their reason.
if call iom-es cm CaseService/GetCase '{"name": "'"$file"'"}'; then
  echo "iom-es sees a file of others" >&2
  exit 1
fi
python3 - "$answer" <<'END'
import base64, json, sys
error = json.load(open(sys.argv[1]))
assert error["code"] == "permission_denied", error
info = error["details"][0]  # bytes: buf curl has no schema of its own for it
assert info["type"] == "google.rpc.ErrorInfo", error
assert b"NOT_VISIBLE" in base64.b64decode(info["value"] + "=="), error
END
echo "buf curl completed $study"
