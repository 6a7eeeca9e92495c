"""Which records stand where they may."""

from llmlab.bulk.order import Order


def follows(*records):
    """Whether each record, an (item, item_records), stands where it may."""
    order = Order()
    return [order.add({"item": item, "item_records": wanted}, place) for place, (item, wanted) in enumerate(records)]


def test_records_of_an_input_stand_together_and_inputs_in_their_order():
    assert follows((1, 2), (1, 2), (4, 1), (7, 3), (7, 3)) == [True] * 5
    assert follows((1, 2), (4, 1)) == [True, False]  # one of two
    assert follows((1, 1), (1, 1)) == [True, False]  # two of one
    assert follows((4, 1), (1, 1)) == [True, False]


def test_an_input_that_lacks_records_is_the_last_and_its_beginning_is_known():
    order = Order()
    assert order.whole
    for place, (item, wanted) in enumerate([(1, 1), (4, 3), (4, 3)]):
        order.add({"item": item, "item_records": wanted}, 10 * place)
    assert (order.whole, order.start) == (False, 10)
    assert [order.behind(item) for item in (1, 3, 4, 5)] == [False, False, False, False]
    assert order.behind(0)
    order.add({"item": 4, "item_records": 3}, 30)
    assert [order.behind(item) for item in (3, 4, 5)] == [True, False, False]
