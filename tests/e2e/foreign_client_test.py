"""A foreign client: Python's own gRPC, the protos, and what the README says.

Takes one feasibility study from the opening of the file to the acknowledged
opinion over mutual TLS. Nothing of the C++ code is used; stubs are generated
here from protos/ and build/google-protos.

    passerelle_platform.py BIN_DIR python foreign_client_test.py
"""

import os
import pathlib
import sys
import tempfile
import uuid

import grpc
from grpc_tools import protoc

ROOT = pathlib.Path(__file__).resolve().parents[2]


def generate_stubs(out):
    protos = sorted(
        str(path.relative_to(ROOT / "protos"))
        for folder in ("options", "v1")
        for path in (ROOT / "protos/passerelle" / folder).rglob("*.proto"))
    include = pathlib.Path(protoc.__file__).parent / "_proto"
    code = protoc.main(
        ["protoc", f"-I{ROOT}/protos", f"-I{ROOT}/build/google-protos",
         f"-I{include}", f"--python_out={out}", f"--grpc_python_out={out}",
         *protos])
    if code != 0:
        raise RuntimeError("protoc failed")
    sys.path.insert(0, str(out))


stubs = tempfile.TemporaryDirectory(prefix="passerelle-stubs.")
generate_stubs(stubs.name)

from google.rpc import error_details_pb2, status_pb2  # noqa: E402
from google.type import date_pb2  # noqa: E402
from passerelle.v1 import (  # noqa: E402
    case_pb2, case_pb2_grpc, consent_pb2, consent_pb2_grpc, exchange_pb2,
    exchange_pb2_grpc, feasibility_study_pb2 as study_pb2,
    feasibility_study_pb2_grpc as study_pb2_grpc, mailbox_pb2,
    mailbox_pb2_grpc, plan_pb2, plan_pb2_grpc)


def request_id():
    return str(uuid.uuid4())


class Mission:
    """One mission's connection, and calls on behalf of its officers."""

    def __init__(self, mission):
        self.mission = mission
        pki = pathlib.Path(os.environ["PASSERELLE_PKI"])
        own = pki / "missions" / mission / "batch"
        self.channel = grpc.secure_channel(
            os.environ["PASSERELLE_ADDRESS"],
            grpc.ssl_channel_credentials(
                root_certificates=(pki / "ca.pem").read_bytes(),
                private_key=(own / "key.pem").read_bytes(),
                certificate_chain=(own / "cert.pem").read_bytes()))
        self.cases = case_pb2_grpc.CaseServiceStub(self.channel)
        self.consents = consent_pb2_grpc.ConsentServiceStub(self.channel)
        self.plans = plan_pb2_grpc.PlanServiceStub(self.channel)
        self.studies = study_pb2_grpc.FeasibilityStudyServiceStub(self.channel)
        self.exchanges = exchange_pb2_grpc.ExchangeServiceStub(self.channel)
        self.mailbox = mailbox_pb2_grpc.MailboxServiceStub(self.channel)

    def officer(self, officer):
        name = f"missions/{self.mission}/officers/{officer}"
        return {"metadata": [("passerelle-officer", name)], "timeout": 30}


def details_of(error):
    """The google.rpc.Status of an error, its ErrorInfo and its BadRequest."""
    for key, value in error.trailing_metadata():
        if key == "grpc-status-details-bin":
            status = status_pb2.Status.FromString(value)
            info = error_details_pb2.ErrorInfo()
            bad = error_details_pb2.BadRequest()
            for detail in status.details:
                detail.Unpack(info)
                detail.Unpack(bad)
            return status, info, bad
    raise AssertionError(f"no details in {error}")


def expect_error(code, reason, call, *arguments, **options):
    try:
        call(*arguments, **options)
    except grpc.RpcError as error:
        status, info, bad = details_of(error)
        assert error.code() == code, error
        assert status.code == code.value[0], status
        assert info.domain == "passerelle" and info.reason == reason, info
        return bad
    raise AssertionError(f"no {reason}")


def open_file(host):
    as_cm = host.officer("cm")
    # All that is wrong with a request is told at once.
    bad = expect_error(
        grpc.StatusCode.INVALID_ARGUMENT, "FIELD_INVALID",
        host.cases.CreateCase,
        case_pb2.CreateCaseRequest(request_id="not a UUID"), **as_cm)
    fields = {violation.field for violation in bad.field_violations}
    assert "request_id" in fields and len(fields) > 1, fields

    create = case_pb2.CreateCaseRequest(
        request_id=request_id(),
        case=case_pb2.Case(
            direction=case_pb2.Case.INBOUND, origin_mission="missions/iom-ma",
            principal=case_pb2.PersonSummary(
                given_name="Salma", family_name="Essai",
                sex=case_pb2.PersonSummary.FEMALE,
                birth_date=date_pb2.Date(year=1994, month=3, day=9),
                nationality="MA", return_region="Souss-Massa")))
    file = host.cases.CreateCase(create, **as_cm)
    # The same request again is the same change.
    assert host.cases.CreateCase(create, **as_cm) == file
    consent = host.consents.CreateConsent(
        consent_pb2.CreateConsentRequest(
            parent=file.name, request_id=request_id(),
            consent=consent_pb2.Consent(
                scope=consent_pb2.Consent.SHARE_WITH_ORIGIN_MISSION,
                recipient="missions/iom-ma", language="ar",
                form=consent_pb2.Consent.WRITTEN)), **as_cm)
    amount = plan_pb2.CreatePlanRequest().plan.ceiling.__class__
    plan = host.plans.CreatePlan(
        plan_pb2.CreatePlanRequest(
            parent=file.name, request_id=request_id(),
            plan=plan_pb2.Plan(
                outline="A bakery in the quarter where her sister lives.",
                location="Agadir", skills=["baking"],
                ceiling=amount(currency="MAD", hundredths=3000000),
                lines=[plan_pb2.PlanLine(
                    category=plan_pb2.PlanLine.INCOME_GENERATING_ACTIVITY,
                    description="Oven",
                    amount=amount(currency="MAD", hundredths=2200000))])),
        **as_cm)
    proposed = host.cases.ProposeCase(
        case_pb2.ProposeCaseRequest(
            name=file.name, consent=consent.name, request_id=request_id()),
        **as_cm)
    assert proposed.stage == case_pb2.Case.PROPOSED
    return file, consent, plan


def request_study(host, file, consent, plan):
    as_cm = host.officer("cm")
    draft = host.studies.CreateFeasibilityStudy(
        study_pb2.CreateFeasibilityStudyRequest(
            parent=file.name, request_id=request_id(),
            feasibility_study=study_pb2.FeasibilityStudy(
                plan=plan.name, question="Is there room for another bakery?")),
        **as_cm)
    request = study_pb2.RequestFeasibilityStudyRequest(
        name=draft.name, consent=consent.name, request_id=request_id())
    study = host.studies.RequestFeasibilityStudy(request, **as_cm)
    assert study.state == study_pb2.FeasibilityStudy.REQUESTED
    assert study.exchange.awaited_mission == "missions/iom-ma"
    request.request_id = request_id()
    expect_error(grpc.StatusCode.FAILED_PRECONDITION, "STATE_FORBIDS",
                 host.studies.RequestFeasibilityStudy, request, **as_cm)
    return study


def fetch_all(mission, expected):
    """Reads the mailbox as a program would: in order, then acknowledges."""
    as_nobody = {"timeout": 30}
    fetched = mission.mailbox.FetchMailbox(
        mailbox_pb2.FetchMailboxRequest(), **as_nobody)
    events = [entry.event for entry in fetched.entries]
    assert events == expected, events
    sequences = [entry.sequence for entry in fetched.entries]
    assert sequences == list(range(1, len(expected) + 1)), sequences
    mission.mailbox.AcknowledgeMailbox(
        mailbox_pb2.AcknowledgeMailboxRequest(up_to_sequence=sequences[-1]),
        **as_nobody)
    again = mission.mailbox.FetchMailbox(
        mailbox_pb2.FetchMailboxRequest(after_sequence=sequences[-1]),
        **as_nobody)
    assert not again.entries
    assert again.acknowledgement.sequence == sequences[-1]


def answer_study(origin, host, study):
    as_ro = origin.officer("ro")
    named = {"name": study.name}
    origin.studies.AssignFeasibilityStudy(
        study_pb2.AssignFeasibilityStudyRequest(
            request_id=request_id(), **named), **as_ro)
    asked = origin.exchanges.AskClarification(
        exchange_pb2.AskClarificationRequest(
            question="Does she hold a food licence?",
            request_id=request_id(), **named), **as_ro)
    assert asked.state == "CLARIFICATION"
    answered = host.exchanges.AnswerClarification(
        exchange_pb2.AnswerClarificationRequest(
            answer="Yes, since 2019.", request_id=request_id(), **named),
        **host.officer("cm"))
    assert answered.state == "ASSIGNED"
    origin.studies.SubmitFeasibilityOpinion(
        study_pb2.SubmitFeasibilityOpinionRequest(
            request_id=request_id(),
            opinion=study_pb2.Opinion(
                outcome=study_pb2.Opinion.FEASIBLE_WITH_CONDITIONS,
                conditions=["a lease of two years"],
                scores=study_pb2.Opinion.Scores(market=4)), **named),
        **as_ro)
    # The host learns nothing of a draft; the author cannot validate it.
    seen = host.studies.GetFeasibilityStudy(
        study_pb2.GetFeasibilityStudyRequest(**named), **host.officer("cm"))
    assert not seen.HasField("draft_opinion")
    validate = study_pb2.ValidateFeasibilityOpinionRequest(
        request_id=request_id(), **named)
    expect_error(grpc.StatusCode.PERMISSION_DENIED, "OFFICER_NOT_AUTHORIZED",
                 origin.studies.ValidateFeasibilityOpinion, validate, **as_ro)
    validate.request_id = request_id()
    origin.studies.ValidateFeasibilityOpinion(validate, **origin.officer("fp"))


def main():
    host, origin, other = Mission("iom-tn"), Mission("iom-ma"), Mission("iom-es")
    file, consent, plan = open_file(host)
    study = request_study(host, file, consent, plan)
    fetch_all(origin, ["ProposeCase", "RequestFeasibilityStudy"])
    answer_study(origin, host, study)
    acknowledged = host.studies.AcknowledgeFeasibilityOpinion(
        study_pb2.AcknowledgeFeasibilityOpinionRequest(
            name=study.name, request_id=request_id()), **host.officer("cm"))
    assert acknowledged.state == study_pb2.FeasibilityStudy.ACKNOWLEDGED
    assert list(acknowledged.opinion.conditions) == ["a lease of two years"]
    fetch_all(host, ["AssignFeasibilityStudy", "AskClarification",
                     "SubmitFeasibilityOpinion", "ValidateFeasibilityOpinion"])
    # A mission that has no part in the file learns nothing, not even that.
    for name in (file.name, "cases/c0000000000000000000000000"):
        expect_error(grpc.StatusCode.PERMISSION_DENIED, "NOT_VISIBLE",
                     other.cases.GetCase, case_pb2.GetCaseRequest(name=name),
                     **other.officer("cm"))
    print("a foreign client completed", acknowledged.name)


if __name__ == "__main__":
    main()
