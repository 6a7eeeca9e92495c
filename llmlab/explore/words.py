"""All that the screen says, in one place."""

NEXT_TAB, WORDS_TAB = "1 Next token", "2 Words"
TEXT, WORD = "Type a text", "Type a word, or a sum: king - man + woman"

NEXT_KEYS = (
    "↑↓ choose  Enter append  Backspace take back  ←→ [ ] branches  s sample  g go on\n"
    "+ - T  Space jumps  b model  p picture  c command  Tab type  2 words  q quit"
)
WORDS_KEYS = (
    "↑↓ choose  Enter walk on  Backspace walk back  m metric  n space  x why two\n"
    "p picture  c command  Tab type  1 next token  q quit"
)
TYPING_KEYS = "Enter or ↓ to the list, where single keys act\nCtrl+T other half  Ctrl+Q quit"
SLIDER_KEYS = "←→ T by 0.1  Home 0  End 3\nTab to the list"

NEXT, P, JUMPS = "next token", "P", "{drawn:,} jumps"
OTHERS = "all others"
BITS = "{bits} bits"
NOTHING_TYPED = "no text yet: what may follow is shown as you type"
ENTROPY = "entropy {bits:.2f} bits = {choices:,.1f} equal choices"
ARGMAX = "T 0: only the likeliest is left"
TRIED = "tried"

OPENING = "{model} is opened ..."
ENDS = "{token} ends the text: nothing follows it"
GOING = "going on at T {temperature:g}: any key stops"
STOPPED = "stopped after {count} tokens"
NOT_TRIED = "nothing was tried there"
NOTHING_BACK = "no token was appended to this text"
MODEL = "{model} answers now"

UNFINISHED = "{word} is not in the vocabulary of {space}: Enter asks for it as it stands"
NO_WORD = "no word yet"
MARKED = "{word} is marked: choose another word and press x"
UNMARKED = "no longer marked"
ONE_SPACE = "there is no other space here: see `llmlab space list`"
BACK_AT_START = "the walk began here"
MAP = "map: the plane holds {share:.0%} of the variance ({one:.0%} + {other:.0%})"
NO_ROOM = "names that have no room: {count}"

SEED = "what is drawn has the seed {seed}"
SAVED = "the picture is {path}"
COPIED = "copied: {command}"
NOTHING_TO_SHOW = "nothing to show yet"
OTHER_TOKENS = "no command says this: the tokenizer reads this text as other tokens than were appended"
DASH = "no command says this: - alone is stdin there"
FAILED = "{what}; {hint}"
BUG = "{kind}: {what}; this is a bug, please report it"
WORKING = "{label} ..."
SHARE = "{label} {share:.0%}"
