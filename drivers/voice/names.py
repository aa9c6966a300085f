"""Surnames: read otherwise before a title, or in a name, than in other words."""

from __future__ import annotations

import re
from collections.abc import Iterator

SURNAMES = {
    "仇": "qiu2", "查": "zha1", "翟": "zhai2", "朴": "piao2", "任": "ren2", "区": "ou1",
    "解": "xie4", "单": "shan4", "曾": "zeng1", "盖": "ge3", "乐": "yue4", "缪": "miao4",
    "洗": "xian3", "覃": "qin2", "召": "shao4", "员": "yun4", "燕": "yan1", "秘": "bi4",
    "哈": "ha3", "纪": "ji3", "华": "hua4", "宁": "ning4", "葛": "ge3", "过": "guo1",
    "那": "na1", "隗": "wei3", "要": "yao1", "阚": "kan4", "种": "chong2", "重": "chong2",
    "繁": "po2", "干": "gan1", "乜": "nie4", "郇": "xun2", "折": "she2", "祭": "zhai4",
    "句": "gou1", "卜": "bu3", "都": "du1", "於": "yu1", "佴": "nai4", "黑": "he4", "莘": "shen1",
    "薄": "bo2", "相": "xiang4", "占": "zhan1", "观": "guan4", "澹台": "tan2 tai2",
    "撒": "sa4", "万俟": "mo4 qi2", "尉迟": "yu4 chi2", "单于": "chan2 yu2",
    "长孙": "zhang3 sun1", "令狐": "ling2 hu2",
}  # fmt: skip
"""Surname → how it is read as one, where pypinyin alone would read it otherwise."""

_RARE = set("那要过都重种干相占句黑折员祭召洗观")
"""Usually other words: names only where a name must begin."""
_TITLES = (
    r"先生|女士|小姐|师傅|老师|医生|大夫|护士|阿姨|叔叔|大爷|大妈|大叔|大伯|大娘|大婶|大姐|大哥|爷爷"
    r"|奶奶|伯伯|伯母|伯父|婆婆|老伯|阿婆|阿公|老太|老爷|老先生|老人家|同志|主任|书记|院长"
    r"|校长|经理|站长|所长|科长|处长|队长|组长|班长|店长|局长|部长|厂长|镇长|村长|园长|会长|社长"
    r"|楼长|楼组长|段长|警官|警察|法官|律师|教授|博士|医师|药师|技师|技术员|工程师|会计|委员|干事"
    r"|社工|管家|保安|司机|驾驶员|护工|护理员|志愿者|太太|夫人|同学|老板|总监|总经理|女儿|儿子|专家"
    r"|专员|网格员|调解员|保洁员|快递员|记者|编辑|演员|站务员|乘务员|售票员|列车长|机长|船长|市长|区长|家属"
    r"|大厨|厨师|师兄|师姐|学长|学姐|邻居|理事|理事长|董事长|主席|司令|将军|参谋|排长|连长|团长|院士|队医"
    r"|检查员|服务员|管理员|收银员|辅导员|引导员|讲解员|协管员|安检员|消防员|救护员|药剂师|理发师|会长"
    r"|顾问|秘书|师父|师母|导游|教练|队员|民警|辅警|护士长|主管|代表|阿叔|阿伯|爷叔|娘娘|嬢嬢|大师"
)
_SHORT_TITLES = (
    r"工(?![作人程具业资会厂地艺号单龄商])|总(?![共是的额数结体部会有要能])|董(?!事)|局(?![部面势])"
    r"|姐|哥|姨|妈|爹|婶|嫂|叔|伯|老(?![人师年板公百])|家(?![人里庭长属住务政乡具电])|氏|某|导(?![游航致])"
)
_GIVEN_NAME = r"[\u4e00-\u9fff]{1,2}"
_NOT_GIVEN = re.compile(
    r"单[位元独价个]|区[内域别外长]|任[务何意命]|解[放决释答除]|查[询看找收验阅]|乐[于意园]|盖[章好]"
    r"|华[人东]|宁[静愿]|过[程来去]|那[个位里边天]|要[求是]|种[类子]|重[点要新]|折[扣价]"
    r"|都[是有会]|相[关信]|干[部净活洗]|员[工]|占[用座]|薄[弱]|黑[色]|句[话]|召[开]|祭[扫]|哈[密]"
)
_ROLES = (
    "司机|驾驶员|联系人|乘客|居民|住户|姓名|患者|病人|医生|护士|志愿者|楼组长|主任|书记|师傅|业主"
    "|社工|网格员|负责人|值班员|经办人|申请人|老人|先生|女士|保洁员|护工|收件人|寄件人|您好"
)
_CALLS = "请由找向给和跟与叫让是谢陪同接送的位"
_SURNAME = "|".join(sorted(SURNAMES, key=len, reverse=True))

_TITLED = re.compile(rf"({_SURNAME})(?={_TITLES}|{_SHORT_TITLES})")
_NAMED = re.compile(rf"({_SURNAME})(?={_GIVEN_NAME}(?:{_TITLES}))")
_ROLE = re.compile(rf"({_SURNAME})(?={_GIVEN_NAME}$)")
_AFTER_ROLE = re.compile(rf"(?:{_ROLES})(?:是|叫|姓|为)?$")
_SURNAMED = re.compile(rf"(?<=姓)(?![名氏])({_SURNAME})")
_FAMILIAR = re.compile(rf"(?:^|(?<=[{_CALLS}]))[老小阿]([仇翟曾朴缪覃查任单解盖])(?![放释决位])")


def surnames(words: list[str], before: str = "") -> dict[int, str]:
    """Where a surname begins in a run of Chinese characters → its reading.

    Args:
        words: the run, cut into words: a surname begins one.
        before: the text right before the run, such as ``联系人：``.
    """
    text = "".join(words)
    begins = _beginnings(words)
    found: dict[int, str] = {}
    for match in _candidates(text, before):
        at = match.start(1)
        rare = match[1] in _RARE and at and text[at - 1] not in "请由找向给跟与叫让谢陪接送"
        if at in begins and not rare:
            found.setdefault(at, SURNAMES[match[1]])
    return found


def _candidates(text: str, before: str) -> Iterator[re.Match[str]]:
    yield from _TITLED.finditer(text)
    yield from _SURNAMED.finditer(text)
    yield from _FAMILIAR.finditer(text)
    for match in _NAMED.finditer(text):
        if not _NOT_GIVEN.match(text, match.start()) and (
            match.start() == 0
            or text[match.start() - 1] in _CALLS
            or _AFTER_ROLE.search(text[: match.start()])
        ):
            yield match
    for match in _ROLE.finditer(text):
        so_far = text[: match.start()] or before
        if _AFTER_ROLE.search(so_far) and not _NOT_GIVEN.match(text, match.start()):
            yield match


def _beginnings(words: list[str]) -> set[int]:
    at, begins = 0, set()
    for word in words:
        begins.add(at)
        at += len(word)
    return begins
