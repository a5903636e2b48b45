"""What people read about approvals that are given in AWX, in both languages: the sentence, and what to do about it."""

from __future__ import annotations

from typing import Literal

Language = Literal["en", "ko"]
Text = dict[Language, str]

_AGAIN: Text = {
    "en": "launch the workflow anew, and let people other than you approve it",
    "ko": "워크플로를 새로 실행하고 본인이 아닌 사람들의 승인을 받으십시오",
}
_NODE: Text = {
    "en": "rollback-runner awx configure makes the workflow anew with its nodes; or name it in site_approvals.nodes",
    "ko": "rollback-runner awx configure로 워크플로를 다시 만들거나, site_approvals.nodes에 노드를 지정하십시오",
}

SENTENCES: dict[str, tuple[Text, Text]] = {
    "awx_no_workflow": (
        {
            "en": "this site's approvals are given in an AWX workflow, and this is no job of one",
            "ko": "이 사이트의 승인은 AWX 워크플로에서 이루어지는데, 이 작업은 워크플로에 속해 있지 않습니다",
        },
        {
            "en": "rollback-runner awx launch starts the workflow; without AWX: --break-glass REASON, on record",
            "ko": "rollback-runner awx launch로 워크플로를 실행하십시오. AWX 없이: --break-glass 사유 (기록됨)",
        },
    ),
    "awx_missing": (
        {
            "en": "AWX does not know workflow job {number}: {why}",
            "ko": "AWX에 워크플로 작업 {number}이(가) 없습니다: {why}",
        },
        {
            "en": "look whether RR_AWX_URL is the AWX that runs this job, and whether the token may read workflows",
            "ko": "RR_AWX_URL이 이 작업을 실행하는 AWX인지, 토큰에 워크플로 읽기 권한이 있는지 확인하십시오",
        },
    ),
    "awx_silent": (
        {
            "en": "who approved cannot be read from AWX: {why}",
            "ko": "누가 승인했는지 AWX에서 읽을 수 없습니다: {why}",
        },
        {
            "en": "see to AWX, its address and its token, then launch this job again; nothing was touched",
            "ko": "AWX와 그 주소, 토큰을 확인한 뒤 이 작업을 다시 실행하십시오. 아무것도 변경되지 않았습니다",
        },
    ),
    "awx_over": (
        {
            "en": "workflow job {number} is over ({status}), so its approvals hold for nothing that begins now",
            "ko": "워크플로 작업 {number}이(가) 끝나({status}) 지금 시작하는 작업에는 그 승인이 효력이 없습니다",
        },
        _AGAIN,
    ),
    "awx_nobody": (
        {
            "en": "AWX does not say who launched workflow job {number}, so nobody can be told from its maker",
            "ko": "워크플로 작업 {number}의 실행자가 AWX에 없어, 승인자와 작성자가 다른 사람인지 알 수 없습니다",
        },
        {
            "en": "a person launches the workflow, not a schedule or a webhook",
            "ko": "예약이나 웹훅이 아니라 사람이 워크플로를 실행해야 합니다",
        },
    ),
    "awx_no_digest": (
        {
            "en": "the node prepare of workflow job {number} handed no plan over, so nobody can have approved one",
            "ko": "워크플로 작업 {number}의 prepare 노드가 계획을 넘기지 않아, 승인된 계획이 있을 수 없습니다",
        },
        _AGAIN,
    ),
    "awx_other_digest": (
        {
            "en": "workflow job {number} approved the plan {theirs}, and the plan in force is {ours}",
            "ko": "워크플로 작업 {number}에서 승인된 계획은 {theirs}이고, 현재 유효한 계획은 {ours}입니다",
        },
        _AGAIN,
    ),
    "awx_no_node": (
        {
            "en": "workflow job {number} has no approval node {node} for {title}",
            "ko": "워크플로 작업 {number}에 {title}의 승인 노드 {node}이(가) 없습니다",
        },
        _NODE,
    ),
    "awx_pending": (
        {
            "en": "{title} has not approved at the node {node} of workflow job {number}",
            "ko": "워크플로 작업 {number}의 노드 {node}에서 {title}의 승인이 아직 없습니다",
        },
        {
            "en": "a member of the team {team} approves it in AWX",
            "ko": "팀 {team}의 구성원이 AWX에서 승인합니다",
        },
    ),
    "awx_denied": (
        {
            "en": "{person} did not approve as {title}: the node {node} of workflow job {number} is {status}",
            "ko": "{person} 님이 {title} 승인을 하지 않았습니다: 워크플로 작업 {number}의 노드 {node} 상태는 {status}",
        },
        _AGAIN,
    ),
    "awx_timed_out": (
        {
            "en": "nobody approved as {title} in time: the node {node} of workflow job {number} timed out",
            "ko": "시간 안에 {title}의 승인이 없었습니다: 워크플로 작업 {number}의 노드 {node}이(가) 만료되었습니다",
        },
        _AGAIN,
    ),
    "awx_unnamed": (
        {
            "en": "AWX does not say who approved the node {node} of workflow job {number}, or when",
            "ko": "워크플로 작업 {number}의 노드 {node}을(를) 누가 언제 승인했는지 AWX에 없습니다",
        },
        _AGAIN,
    ),
    "awx_launcher": (
        {
            "en": "{person} launched the workflow or made the plan, so {person} cannot approve it as {title}",
            "ko": "{person} 님이 워크플로를 실행했거나 계획을 만들었으므로 {title} 자격으로 승인할 수 없습니다",
        },
        _AGAIN,
    ),
    "awx_team": (
        {
            "en": "{person} approved as {title} and is not in the team {team} of the workflow's organization",
            "ko": "{person} 님이 {title} 자격으로 승인했으나 워크플로가 속한 조직의 팀 {team} 구성원이 아닙니다",
        },
        {
            "en": "a member of the team {team} approves in a new run of the workflow; or correct the team in AWX",
            "ko": "팀 {team}의 구성원이 새 워크플로 실행에서 승인하거나, AWX에서 팀을 바로잡으십시오",
        },
    ),
    "awx_older": (
        {
            "en": "{person} approved as {title} at {then}, before the plan was made ({made})",
            "ko": "{person} 님의 {title} 승인({then})은 계획이 만들어지기({made}) 전의 것입니다",
        },
        _AGAIN,
    ),
}
