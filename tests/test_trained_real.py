"""train vectors on the shipped texts: ten words a language, and what anybody expects to stand near them.

Of a word's five nearest, three must be of its kind. The kinds were written down before a table was looked at.
"""

import pytest

from llmlab.files import Files
from llmlab.lab.training import corpus
from llmlab.lab.training.making import train

pytestmark = pytest.mark.models

ENGLISH = {
    "cat": "dog horse cow mouse lion tiger rabbit kitten puppy wolf fox pig sheep goat bear monkey",
    "teacher": "doctor nurse farmer driver cook worker writer singer painter lawyer soldier waiter actor scientist",
    "apple": "orange banana pear peach grape lemon cherry strawberry mango melon plum",
    "red": "blue green yellow white black brown pink purple grey orange",
    "monday": "tuesday wednesday thursday friday saturday sunday",
    "london": "paris berlin rome madrid moscow tokyo beijing athens cairo oxford munich milan lisbon",
    "seven": "one two three four five six eight nine ten",
    "coffee": "tea milk water juice beer wine lemonade cola",
    "shirt": "coat hat dress skirt jacket scarf sweater tie glove shoe boot sock belt",
    "piano": "guitar violin flute drum trumpet cello",
}
CHINESE = {
    "猫": "狗 小狗 小猫 老虎 狮子 兔子 老鼠 猴子 狼 狐狸 熊 羊 马 松鼠 熊猫 大象 豹子",
    "老师": "医生 护士 农民 警察 工人 司机 演员 厨师 记者 服务员 学生 律师 科学家 歌手",
    "苹果": "桃子 梨 香蕉 橘子 橙子 西瓜 葡萄 草莓 芒果 柠檬",
    "红": "黑 白 蓝 绿 黄 粉色 紫 灰",
    "星期一": "星期二 星期三 星期四 星期五 星期六 星期日 星期天",
    "北京": "上海 东京 伦敦 巴黎 罗马 莫斯科 柏林 开罗 华盛顿 首尔 马德里 雅典",
    "七": "一 二 两 三 四 五 六 八 九 十",
    "咖啡": "茶 水 牛奶 果汁 啤酒 红酒 可乐 绿茶 红茶 热水 矿泉水",
    "妈妈": "爸爸 爷爷 奶奶 哥哥 弟弟 姐姐 妹妹 叔叔 阿姨",
    "衬衫": "毛衣 外套 大衣 裙子 裤子 帽子 上衣 衣服 围巾",
}


@pytest.mark.parametrize(("text", "kinds"), [("english", ENGLISH), ("chinese", CHINESE)])
def test_neighbours_are_what_is_expected_after_training_and_not_before(shelf, ear, text, kinds):
    pytest.importorskip("gensim")
    learned = "\n".join(corpus.lines(text, Files(None, ear.say)))
    assert len(learned.encode()) > 2_000_000
    found = train(shelf, "toy", learned, text, watch=list(kinds))
    right = [
        sum(
            len({near.word for near in one.neighbors} & set(expected.split())) >= 3
            for one, expected in zip(moment.nearest, kinds.values(), strict=True)
        )
        for moment in found.moments
    ]
    assert right[0] <= 2
    assert right[-1] >= 7
