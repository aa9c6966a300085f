"""Numbers that name something: codes, orders, trains, badges. Digit by digit."""

from __future__ import annotations

import re

from drivers.voice.wording.numbers import GROUP, grouped, number, spelled
from drivers.voice.wording.rules import rule

_NAMED = (
    r"(?:验证|校验|动态|取件|取餐|提货|取票|激活|邀请|识别|兑换|确认|核销|付款|授权|注册|登录|短信|"
    r"提取|开箱|开门|条形|追溯|组织机构|机构|信用)码|密码|口令|编码|编号|代码|代号|卡号|尾号|后四位"
    r"|末[三四]位|订单|运单|单号|工单|保单|发票|流水|工号|警号|胸牌|证号|证件号?|证书|身份证|社保卡?|"
    r"医保卡?|会员|学号|学籍|病历|门诊号|住院号|档案|票号|座位号|航班|车次|班次|列车|邮编|邮政编码|"
    r"区号|QQ|微信|车架|设备|机器号|注册号|案号|合同|批号|批次|型号|账号|帐号|账户|户号|表号|户口|"
    r"许可证|备案?|排队号|预约号|受理号?|登记号?|流水号|识别号|国标|文号|序列号|序号|SN|IMEI|PIN|ID|"
    r"税号|准字|邮箱|牌号|车牌|车号|员工|志愿者号|服务证|监督卡|房号|门牌|桌号|床号|柜号|箱号|格口|"
    r"取号|叫号|呼号|条码|车位|泊位|端口|房间|储物柜|电梯|二维码|交易号|参考号|凭证|凭条|小票|IC卡"
)
_LINK = (
    r"[号码]{0,2}(?:\([^()]{0,16}\))?(?:是|为|改为|系|即|分别是|后四位|末四位)?"
    r"[\s:：,，.#(\[【〔]*[沪京苏浙国]?"
)
_CODE = r"[A-Z0-9*]+(?:[\-./][A-Z0-9]+)*"
_SPACED = r"\d{3,}(?:\s\d{3,})+X?"
_NOT = r"(?![\d%‰℃:：]|\s*(?:[元米个人天年月日分秒次张件层级折度岁小块位毫公里]|KM|KG|°|点(?!击)))"
_SHORT_NUMBERS = (
    r"编号|序号|桌号|床号|座位号|序列|柜号|格口|房间|订单|发票|工单|会员|合同|电梯|设备|车位|班次"
)


def _code(match: re.Match[str]) -> str | None:
    text = match[0]
    if not re.search(r"\d", text):
        return None
    return _spelled_code(text)


def _spelled_code(text: str) -> str:
    said = []
    for part in re.findall(r"\d+|[A-Za-z]+|[^0-9A-Za-z]", text):
        if part.isdecimal():
            said.append(grouped(part) if len(part) > 5 else spelled(part))
        elif part.isalpha():
            said.append(spelled(part))
        else:
            said.append({"-": "杠", "/": GROUP, ".": "点"}.get(part, GROUP))
    return "".join(said)


def _short_code(match: re.Match[str]) -> str:
    return number(match[0])


def _lettered(match: re.Match[str]) -> str:
    """``G60`` as G六十, ``A0123`` and ``MU5101`` digit by digit."""
    letters, figures, rest = match.groups()
    in_full = len(figures) < 3 and not figures.startswith("0") and not rest
    return spelled(letters) + (number(figures) if in_full else _spelled_code(figures + rest))


_NUMBERED = rule(
    r"NO\.?\s*(\d+)(?!\d)",
    lambda m: "第" + (spelled(m[1]) if m[1].startswith("0") else number(m[1])),
)
RULES = (
    _NUMBERED,
    rule(rf"[1-9]\d?(?![\dA-Z.\-/]){_NOT}", _short_code, after=rf"(?:{_SHORT_NUMBERS}){_LINK}"),
    rule(rf"(?:{_SPACED}|{_CODE}){_NOT}", _code, after=rf"(?:{_NAMED}){_LINK}"),
    rule(r"\d{4,8}(?=[\s)(]*(?:是|为)?(?:您|你)?的?(?:本次)?(?:登录|注册|手机|动态|短信)?"
         r"(?:验证码|校验码|取件码|密码|动态码))", _code),
    rule(r"[GDCZTKYSLN]?\d{1,4}(?=次(?:列车|高铁|动车|火车|航班|车|城际|直达))", _code),
    rule(r"[GDCZTKYSL]\d{1,4}(?=次)", _code),
    rule(r"[A-Z]{2}\d{3,4}(?=次|航班)", _code),
    rule(r"(?:19|20)\d\d(?=[〕\]】)])", _code, after=r"[〔\[【(]"),
    rule(r"(N)(95)()(?=口罩|面罩)", lambda m: spelled(m[1] + m[2])),
    # Bounded, for a long row of digits must not cost seconds
    rule(r"([A-Z]{1,12})[\-·]?(\d{1,12})((?:-?[A-Z0-9]{0,12}\d[A-Z0-9]{0,12})?)"
         r"(?![\d.]{0,24}\.\d)(?![A-Z])", _lettered, unless=r"[A-Z]"),
)  # fmt: skip
