"""Small texts to train on, made in a test: animals eat, vehicles drive, and no word does both."""

from random import Random

ANIMALS, VEHICLES = ("cat", "dog", "horse", "mouse", "bird"), ("car", "bus", "truck", "train", "taxi")
EATS, DRIVES = ("eats", "sleeps", "drinks", "jumps"), ("drives", "stops", "brakes", "turns")
FOOD, PLACES = ("grass", "bread", "water", "milk"), ("street", "bridge", "station", "corner")
HAN = (("小猫", "小狗", "老虎", "兔子", "狮子", "大象"), ("汽车", "火车", "飞机", "轮船", "卡车", "地铁"))
HAN_VERBS = (("睡觉", "吃饭", "喝水", "游泳"), ("开动", "停止", "经过", "到达"))


def english(sentences=2_000, seed=0):
    """Lines such as: The cat eats the grass."""
    draw = Random(seed)
    kinds = ((ANIMALS, EATS, FOOD), (VEHICLES, DRIVES, PLACES))
    lines = [[draw.choice(part) for part in draw.choice(kinds)] for _ in range(sentences)]
    return "".join(f"The {noun} {verb} the {other}.\n" for noun, verb, other in lines)


def chinese(sentences=2_000, seed=0):
    """Lines such as: 小猫在睡觉，小狗也在睡觉。"""
    draw = Random(seed)
    chosen = [draw.randrange(2) for _ in range(sentences)]
    return "".join(
        f"{draw.choice(HAN[kind])}在{draw.choice(HAN_VERBS[kind])}，{draw.choice(HAN[kind])}也在"
        f"{draw.choice(HAN_VERBS[kind])}。\n"
        for kind in chosen
    )
