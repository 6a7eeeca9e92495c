"""All that the screen says, in one place; `tr` is handed these where they are shown."""

from llmlab.language import later

NEXT_TAB, WORDS_TAB = later("1 Next token"), later("2 Words")
TEXT, WORD = later("Type a text"), later("Type a word, or a sum: king - man + woman")

NEXT_KEYS = later(
    "↑↓ choose  Enter append  Backspace take back  ←→ [ ] branches  s sample  g go on\n"
    "+ - T  Space jumps  b model  p picture  c command  Tab type  2 words  q quit"
)
WORDS_KEYS = later(
    "↑↓ choose  Enter walk on  Backspace walk back  m metric  n space  x why two\n"
    "p picture  c command  Tab type  1 next token  q quit"
)
TYPING_KEYS = later("Enter or ↓ to the list, where single keys act\nCtrl+T other half  Ctrl+Q quit")
SLIDER_KEYS = later("←→ T by 0.1  Home 0  End 3\nTab to the list")

NEXT, P, JUMPS = later("next token"), "P", later("{drawn:,} jumps")
OTHERS = later("all others")
BITS = later("{bits} bits")
NOTHING_TYPED = later("no text yet: what may follow is shown as you type")
ENTROPY = later("entropy {bits:.2f} bits = {choices:,.1f} equal choices")
ARGMAX = later("T 0: only the likeliest is left")
TRIED = later("tried")

OPENING = later("{model} is opened ...")
ENDS = later("{token} ends the text: nothing follows it")
GOING = later("going on at T {temperature:g}: any key stops")
STOPPED = later("stopped after {count} tokens")
NOT_TRIED = later("nothing was tried there")
NOTHING_BACK = later("no token was appended to this text")
MODEL = later("{model} answers now")

UNFINISHED = later("{word} is not in the vocabulary of {space}: Enter asks for it as it stands")
NO_WORD = later("no word yet")
MARKED = later("{word} is marked: choose another word and press x")
UNMARKED = later("no longer marked")
ONE_SPACE = later("there is no other space here: see `llmlab space list`")
BACK_AT_START = later("the walk began here")
MAP = later("map: the plane holds {share:.0%} of the variance ({one:.0%} + {other:.0%})")
NO_ROOM = later("names that have no room: {count}")

SEED = later("what is drawn has the seed {seed}")
SAVED = later("the picture is {path}")
COPIED = later("copied: {command}")
NOTHING_TO_SHOW = later("nothing to show yet")
OTHER_TOKENS = later("no command says this: the tokenizer reads this text as other tokens than were appended")
DASH = later("no command says this: - alone is stdin there")
FAILED = later("{what}; {hint}")
BUG = later("{kind}: {what}; this is a bug, please report it")
WORKING = later("{label} ...")
SHARE = later("{label} {share:.0%}")
