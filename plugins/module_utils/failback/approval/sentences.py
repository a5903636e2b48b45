"""What people read about approvals, in both languages: each problem as a sentence, and what to do about it.

They stand here and not in the command's catalogue because plugins say them too.
"""

from __future__ import annotations

from typing import Literal

from failback.approval import sentences_awx

Language = Literal["en", "ko"]
Text = dict[Language, str]

ROLES: dict[str, Text] = {
    "technical_lead": {"en": "the technical lead", "ko": "기술 책임자"},
    "operations_manager": {"en": "the operations manager", "ko": "운영 책임자"},
    "executive": {"en": "an executive", "ko": "임원"},
    "planner": {"en": "the planner", "ko": "계획 작성자"},
}

_SIGN: Text = {
    "en": "{person} signs again: rollback-runner approve --role {role}",
    "ko": "{person} 님이 다시 서명합니다: rollback-runner approve --role {role}",
}
_OTHER: Text = {
    "en": "someone else signs: rollback-runner approve --role {role}",
    "ko": "다른 사람이 서명합니다: rollback-runner approve --role {role}",
}
_PLAN: Text = {
    "en": "freeze the plan anew, rollback-runner plan --freeze, and have it signed",
    "ko": "rollback-runner plan --freeze로 계획을 다시 확정하고 서명을 받으십시오",
}
_SIGNERS: Text = {
    "en": "look who changed {file}; correct it, or someone in it signs: rollback-runner approve --role {role}",
    "ko": "{file} 변경 경위를 확인해 바로잡거나, 등록된 사람이 서명합니다: rollback-runner approve --role {role}",
}
_LOOK: Text = {
    "en": "find out who wrote it; then {person} signs again: rollback-runner approve --role {role}",
    "ko": "누가 기록했는지 확인한 뒤 {person} 님이 다시 서명합니다: rollback-runner approve --role {role}",
}

# Kind of problem: the sentence, and what to do.
SENTENCES: dict[str, tuple[Text, Text]] = {
    "no_plan": (
        {"en": "no plan is frozen for the incident {incident}", "ko": "인시던트 {incident}에 확정된 계획이 없습니다"},
        {"en": "rollback-runner plan --freeze", "ko": "rollback-runner plan --freeze"},
    ),
    "plan_unreadable": (
        {"en": "the frozen plan cannot be used: {why}", "ko": "확정된 계획을 쓸 수 없습니다: {why}"},
        _PLAN,
    ),
    "plan_changed": (
        {
            "en": "the plan was changed after it was frozen: it says digest {said}, its content has {found}",
            "ko": "계획이 확정된 뒤에 바뀌었습니다: 적힌 다이제스트는 {said}, 실제 내용은 {found}입니다",
        },
        _PLAN,
    ),
    "plan_of_other_site": (
        {
            "en": "the plan was made for the site {theirs}, not for {ours}",
            "ko": "이 계획은 {ours}이(가) 아니라 {theirs} 사이트의 것입니다",
        },
        _PLAN,
    ),
    "plan_of_other_incident": (
        {
            "en": "the plan was frozen for the incident {theirs}, not for {ours}",
            "ko": "이 계획은 이번 인시던트({ours})가 아니라 {theirs}에서 확정된 것입니다",
        },
        _PLAN,
    ),
    "plan_unsigned": (
        {
            "en": "nothing proves who made the plan: plan.json.sig is missing",
            "ko": "누가 계획을 만들었는지 증명할 수 없습니다: plan.json.sig가 없습니다",
        },
        _PLAN,
    ),
    "plan_maker": (
        {
            "en": "{person} is named as the plan's maker, and the signature under it does not prove that: {why}",
            "ko": "계획 작성자로 {person} 님이 적혀 있으나 서명이 이를 증명하지 못합니다: {why}",
        },
        _PLAN,
    ),
    "plan_planner": (
        {
            "en": "{person} made the plan and is no planner of this site (site_approvals.roles.planner)",
            "ko": "계획을 만든 {person} 님은 이 사이트의 계획 작성자가 아닙니다(site_approvals.roles.planner)",
        },
        {
            "en": "a planner freezes it anew: rollback-runner plan --freeze",
            "ko": "계획 작성자가 다시 확정합니다: rollback-runner plan --freeze",
        },
    ),
    "not_this_plan": (
        {
            "en": "the plan that would be carried out has the digest {asked}, the frozen one {found}",
            "ko": "실행하려는 계획의 다이제스트는 {asked}, 확정된 계획은 {found}입니다",
        },
        {
            "en": "rollback-runner plan diff says what changed; then freeze it anew and have it signed",
            "ko": "rollback-runner plan diff로 달라진 점을 확인한 뒤 다시 확정하고 서명을 받으십시오",
        },
    ),
    "clock": (
        {
            "en": "the clock of this machine says {now}, but {what} is of {then}: it was set back",
            "ko": "이 장비의 시각은 {now}인데 {what}의 시각은 {then}입니다. 시계가 과거로 돌려졌습니다",
        },
        {
            "en": "set the clock right (timedatectl status), then the same command",
            "ko": "시계를 바로잡고(timedatectl status) 같은 명령을 다시 실행하십시오",
        },
    ),
    "record": (
        {
            "en": "the record of approvals {file} is not whole: {why}",
            "ko": "승인 기록 {file}이(가) 온전하지 않습니다: {why}",
        },
        {
            "en": "find out who changed it, move it aside, and have everyone sign again",
            "ko": "누가 바꿨는지 확인하고 파일을 옮겨 둔 뒤 모두 다시 서명하십시오",
        },
    ),
    "signers": (
        {"en": "{why}", "ko": "서명자 파일을 믿을 수 없습니다: {why}"},
        {"en": "rollback-runner approvals", "ko": "rollback-runner approvals"},
    ),
    "missing": (
        {"en": "{title} has not signed this plan", "ko": "{title}의 서명이 없습니다"},
        {
            "en": "{people} signs: rollback-runner approve --role {role}",
            "ko": "{people} 님이 서명합니다: rollback-runner approve --role {role}",
        },
    ),
    "statement": (
        {"en": "line {line} of the record is no approval: {why}", "ko": "기록 {line}행은 승인이 아닙니다: {why}"},
        {"en": "find out who wrote it", "ko": "누가 기록했는지 확인하십시오"},
    ),
    "other_site": (
        {
            "en": "the approval of {person} as {title} was given for the site {theirs}, not for {ours}",
            "ko": "{person} 님의 {title} 승인은 {ours}이(가) 아니라 {theirs} 사이트의 것입니다",
        },
        _SIGN,
    ),
    "other_incident": (
        {
            "en": "the approval of {person} as {title} was given for the incident {theirs}, not for {ours}",
            "ko": "{person} 님의 {title} 승인은 이번 인시던트({ours})가 아니라 {theirs}의 것입니다",
        },
        _SIGN,
    ),
    "other_plan": (
        {
            "en": "the approval of {person} as {title} is for another plan ({theirs}), not for this one ({ours})",
            "ko": "{person} 님의 {title} 승인은 이 계획({ours})이 아니라 다른 계획({theirs})의 것입니다",
        },
        {
            "en": "compare: rollback-runner plan diff; then {person} signs: rollback-runner approve --role {role}",
            "ko": "rollback-runner plan diff로 확인한 뒤 {person} 님이 서명: rollback-runner approve --role {role}",
        },
    ),
    "future": (
        {
            "en": "the approval of {person} as {title} is of {then}, and it is only {now}",
            "ko": "{person} 님의 {title} 승인 시각({then})이 현재({now})보다 미래입니다",
        },
        {
            "en": "compare both machines' clocks, then {person} signs again: rollback-runner approve --role {role}",
            "ko": "두 장비의 시계를 맞춘 뒤 {person} 님이 다시 서명합니다: rollback-runner approve --role {role}",
        },
    ),
    "expired": (
        {
            "en": "the approval of {person} as {title} expired at {then}",
            "ko": "{person} 님의 {title} 승인은 {then}에 만료되었습니다",
        },
        _SIGN,
    ),
    "not_listed": (
        {
            "en": "{person} signed as {title} and may not (site_approvals.roles.{role})",
            "ko": "{person} 님은 {title} 자격으로 서명할 수 없습니다(site_approvals.roles.{role})",
        },
        _OTHER,
    ),
    "maker": (
        {
            "en": "{person} made the plan, so {person} cannot approve it as {title}",
            "ko": "{person} 님이 만든 계획이므로 {person} 님은 {title} 자격으로 승인할 수 없습니다",
        },
        _OTHER,
    ),
    "maker_key": (
        {
            "en": "{person} signed as {title} with the key that made the plan ({key}): whoever holds it made the plan",
            "ko": "{person} 님이 계획을 만든 키({key})로 {title} 서명을 했습니다. 같은 키는 같은 사람으로 봅니다",
        },
        _OTHER,
    ),
    "forged": (
        {
            "en": "the signature of {person} as {title} does not fit its text: forged, or edited since ({why})",
            "ko": "{person} 님의 {title} 서명이 승인 내용과 맞지 않습니다. 위조되었거나 내용이 바뀌었습니다({why})",
        },
        _LOOK,
    ),
    "stranger": (
        {
            "en": "the approval of {person} as {title} was signed with a key that is not {person}'s in {file}",
            "ko": "{person} 님의 {title} 승인이 {file}에 없는 키로 서명되었습니다",
        },
        _SIGNERS,
    ),
    "no_signer": (
        {
            "en": "{person} signed as {title} and does not stand in {file} any more, so the signature proves nothing",
            "ko": "{title} 자격으로 서명한 {person} 님이 {file}에 없어 서명을 확인할 수 없습니다",
        },
        _SIGNERS,
    ),
    "namespace": (
        {
            "en": "the signature of {person} as {title} was made for another purpose than approving ({why})",
            "ko": "{person} 님의 {title} 서명은 승인이 아닌 다른 용도로 만들어졌습니다({why})",
        },
        _LOOK,
    ),
    "key_expired": (
        {
            "en": "the key {person} signed with as {title} is past its end ({why})",
            "ko": "{person} 님이 {title} 서명에 쓴 키의 유효 기간이 지났습니다({why})",
        },
        _SIGNERS,
    ),
    "key_early": (
        {
            "en": "the key {person} signed with as {title} is not valid yet ({why})",
            "ko": "{person} 님이 {title} 서명에 쓴 키가 아직 유효하지 않습니다({why})",
        },
        _SIGNERS,
    ),
    "revoked": (
        {
            "en": "{by} took back the approval of {person} as {title} at {then}: {reason}",
            "ko": "{by} 님이 {then}에 {person} 님의 {title} 승인을 철회했습니다: {reason}",
        },
        {
            "en": "clear that with {by}; then {person} may sign again: rollback-runner approve --role {role}",
            "ko": "{by} 님과 사유를 해결한 뒤 {person} 님이 다시 서명합니다: rollback-runner approve --role {role}",
        },
    ),
    "same_person": (
        {
            "en": "{person} signed as {title} and as {other_title}: two people must approve",
            "ko": "{person} 님이 {title}와(과) {other_title} 모두로 서명했습니다. 서로 다른 두 사람이 승인해야 합니다",
        },
        _OTHER,
    ),
    "same_key": (
        {
            "en": "{person} as {title} and {twin} as {other_title} signed with one key ({key}): that is one person",
            "ko": "{person} 님({title})과 {twin} 님({other_title})이 같은 키({key})로 서명했습니다. 한 사람으로 봅니다",
        },
        {
            "en": "{person} signs with a key of their own, listed in {file}: rollback-runner approve --role {role}",
            "ko": "{person} 님이 {file}에 등록된 본인 키로 서명합니다: rollback-runner approve --role {role}",
        },
    ),
    "no_role": (
        {
            "en": "{person} holds no role of this site, so nobody would follow the revocation",
            "ko": "{person} 님은 이 사이트에서 맡은 역할이 없어 철회가 받아들여지지 않습니다",
        },
        {
            "en": "someone with a role revokes it: rollback-runner revoke --role {role}",
            "ko": "역할이 있는 사람이 철회합니다: rollback-runner revoke --role {role}",
        },
    ),
    "void_revocation": (
        {
            "en": "a revocation for {title} in the name of {person} is on record and does not hold: {why}",
            "ko": "{person} 님 이름으로 된 {title} 승인 철회가 기록에 있으나 유효하지 않습니다: {why}",
        },
        {
            "en": "ask {person}; a valid one is made by: rollback-runner revoke --role {role}",
            "ko": "{person} 님에게 확인하십시오. 철회하려면: rollback-runner revoke --role {role}",
        },
    ),
}
SENTENCES |= sentences_awx.SENTENCES
