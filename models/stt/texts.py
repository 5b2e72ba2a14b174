"""What people say to a home, made up: names, areas, numbers and sentences, as Whisper writes them.

`home` draws the names of a home, `command` a sentence about it, `prompt` the names as the recognizer is told them
(`prompt_of` in src/stt). Numbers are digits, a percentage has its sign: the grammar reads both. The templates are
random-expansion strings: (a|b) a choice, [a] perhaps, {slot} from the home or a number.
"""

import random
import re

ROOMS = ("Kitchen,Living Room,Bedroom,Bathroom,Hallway,Office,Garage,Garden,Nursery,Dining Room,Basement,Attic,Cellar,Guest Room,"
         "Laundry Room,Utility Room,Playroom,Library,Studio,Workshop,Pantry,Porch,Patio,Terrace,Balcony,Conservatory,Sunroom,"
         "Master Bedroom,Kids Room,Entrance,Landing,Staircase,Corridor,Shed,Greenhouse,Gym,Study,Lounge,Den,Foyer,Loft,Closet,"
         "Family Room,Media Room,Music Room,Guest Bathroom,Driveway,Front Yard,Backyard,Pool House,Sauna,Wine Cellar,Upstairs Hall,"
         "Emma's Room,Ben's Room,Lucy's Bedroom,Oliver's Room,Grandma's Room,Meeting Room,Reception,Server Room,Kitchenette").split(",")
FLOORS = "Ground Floor,First Floor,Second Floor,Upstairs,Downstairs,Top Floor,Basement".split(",")
MODIFIERS = ("Ceiling,Floor,Desk,Bed,Bedside,Reading,Night,Wall,Corner,Counter,Main,Standing,Hanging,Left,Right,Big,Little,Small,Tall,"
             "Front,Back,Side,Upper,Lower,Old,New,Blue,Red,Green,White,Sofa,Couch,Table,Window,Mirror,Shelf,Cabinet,Island,Sink,"
             "Stove,Stairs,Door,Piano,Fireplace,Balcony,Garden,Outdoor,Indoor,Porch,String,Strip,Spot,Accent,Mood,Work,Guest,"
             "Hall,Entry,Closet,Wardrobe,Vanity,Shower,Tub,Pool,Pond,Tree,Christmas,Fairy,Lava,Salt,Paper,Glass,Copper,Tripod,Arc,"
             "Pendant,Picture,Bookcase,TV,Media,Computer,Printer,Aquarium,Terrarium,Crib,Bunk,Loft,Bar,Dining,Breakfast,Sewing").split(",")
LIGHTS = "Light,Lights,Lamp,Lamps,Spotlight,Spotlights,Chandelier,Lantern,Bulb,LED,LED Strip,Downlights,Sconce,Nightlight".split(",")
SWITCHES = ("Fan,Heater,Plug,Socket,Outlet,Switch,Pump,Sprinkler,Fountain,Charger,Humidifier,Dehumidifier,Purifier,Speaker,Radio,TV,"
            "Coffee Machine,Coffee Maker,Kettle,Toaster,Dishwasher,Washing Machine,Dryer,Oven,Monitor,Amplifier,Router,Freezer,"
            "Fridge,Microwave,Rice Cooker,Air Fryer,Diffuser,Towel Heater,Electric Blanket,Boiler,Air Conditioner,Projector,"
            "Stereo,Soundbar,Siren,Doorbell,Camera,Printer,3D Printer,Aquarium Pump,Irrigation,Heat Pump").split(",")
COVERS = ("Blinds,Blind,Curtain,Curtains,Shades,Shutter,Shutters,Drapes,Awning,Door,Sliding Door,Garage Door,Gate,Window,Skylight,"
          "Roof Window,Barn Door,Patio Door,Terrace Door,Cat Flap,Valve").split(",")
LOCKS = "Front Door,Back Door,Side Door,Garage Door,Gate,Cellar Door,Office Door,Shed,Safe,Door Lock,Garden Gate".split(",")
PRODUCTS = ("Ecobee,Nest,Hue,Sonos,Roomba,Tado,Roku,Chromecast,Apple TV,Fire TV,Xbox,PlayStation,Dyson,Wemo,Shelly,Tasmota,Lifx,"
            "Nanoleaf,Aqara,Netatmo,Alexa,Denon,Yamaha,Bose,Marantz,Vizio,Honeywell,Sensibo,Daikin,Bosch,Miele,Nespresso").split(",")
CLIMATES = "Thermostat,Heating,Radiator,Air Conditioner,AC,Boiler,Heat Pump,Underfloor Heating,Ecobee,Nest,Tado".split(",")
READINGS = "temperature,humidity,temp,air quality,brightness,pressure,power,battery,CO2 level,energy,water level".split(",")
SCENES = ("Movie Night,Good Night,Good Morning,Dinner Time,Party Time,Bedtime,Leaving Home,Welcome Home,Reading Time,Relax,Focus,"
          "Romantic,Sunset,Sunrise,Vacation Mode,Guest Mode,Cleaning,Game Night,Date Night,Story Time,Wake Up,Work Mode,"
          "Arctic Aurora,Tropical Twilight,Energize,Concentrate,Nap Time,Cooking,Yoga,Movie Time,Study Time,Night Mode").split(",")
COLORS = ("red,green,blue,yellow,orange,purple,pink,white,warm white,cold white,cool white,turquoise,violet,cyan,magenta,lime,"
          "gold,teal,lavender,brown,salmon,indigo,coral,crimson,sky blue,amber").split(",")
ITEMS = ("milk,eggs,bread,butter,apples,bananas,coffee,tea,sugar,flour,rice,pasta,tomatoes,potatoes,onions,garlic,cheese,chicken,"
         "toilet paper,paper towels,dish soap,batteries,light bulbs,orange juice,olive oil,salt,pepper,yogurt,cereal,chocolate,"
         "ice cream,carrots,lettuce,spinach,oranges,lemons,strawberries,shampoo,toothpaste,detergent,dog food,cat litter,water,"
         "almond milk,peanut butter,honey,ground beef,salmon,tortillas,avocados,cucumbers,mushrooms,beer,red wine").split(",")
LISTS = "shopping list,to-do list,grocery list,chores,packing list,Shopping List,wish list,Christmas list,work list".split(",")
TIMERS = "pizza,pasta,egg,tea,laundry,rice,oven,bread,nap,workout,cookies,kitchen,chicken,potato,meditation,homework".split(",")
CITIES = ("London,Paris,Berlin,Boston,Chicago,Seattle,Dublin,Toronto,Sydney,Madrid,Rome,Vienna,Amsterdam,Los Angeles,San Francisco,"
          "New York,New Orleans,Tokyo,Denver,Houston,Miami,Hamburg,Oslo,Stockholm,Zurich,Manchester,Edinburgh,Freiburg,Atlanta").split(",")
PEOPLE = "Jane,Alice,Tom,Peter,Emma,Ben,Lucy,Oliver,Anna,Max,Grace,Ada,Mia,Paul,Sarah,David,Laura,Mom,Dad".split(",")
MUSIC = ("jazz,some music,rock,classical music,the Beatles,my playlist,the news,Mozart,Queen,ABBA,reggae,hip hop,Christmas songs,"
         "Taylor Swift,a podcast,white noise,rain sounds,Radio One,chill music,Miles Davis,the radio,Pink Floyd").split(",")

COMMANDS = [
    # (weight, template)
    (9, "(turn|switch) on [the] {thing}"), (9, "(turn|switch) off [the] {thing}"),
    (9, "(turn|switch) [the] {thing} on"), (9, "(turn|switch) [the] {thing} off"),
    (3, "{thing} (on|off)"), (2, "(toggle|activate|enable|disable) [the] {thing}"), (2, "power (on|off) [the] {thing}"),
    (4, "(turn|switch) (on|off) [all] [the] (light|lights|lamps|fans|heating|TV) in [the] {room}"),
    (4, "(turn|switch) (on|off) the {room} (light|lights|lamp|fan|TV|heating|heater|speaker)"),
    (3, "(turn|switch) [the] {room} (light|lights|lamp|fan|TV|heater) (on|off)"), (3, "(turn|switch) (on|off) [the] {thing} in [the] {room}"),
    (2, "lights (on|off) in [the] {room}"), (2, "{room} lights (on|off)"), (2, "[turn] all [the] lights (on|off)"), (1, "(turn|switch) everything off"),
    (1, "(turn|switch) off everything in [the] {room}"), (2, "(turn|switch) (on|off) [the] lights (upstairs|downstairs|on the {floor}|everywhere)"),
    (4, "set [the] {light} to {percent}"), (4, "set [the] {light} brightness to {percent}"), (4, "set [the] brightness of [the] {light} to {percent}"),
    (3, "(dim|brighten) [the] {light} [to {percent}]"), (3, "set [the] {room} (lights|brightness|light) to {percent}"), (2, "set [the] brightness in [the] {room} to {percent}"),
    (3, "set [the] {light} to {color}"), (2, "(make|turn|change) [the] {light} {color}"), (3, "set [the] {room} (lights|light) to {color}"), (1, "make the {room} lights (warmer|cooler|brighter|dimmer)"),
    (1, "set [the] {light} to {kelvin} Kelvin"), (1, "[set] {light} (max|minimum|half|full) brightness"),
    (6, "(open|close|shut) [the] {cover}"), (3, "(open|close) [the] {cover} in [the] {room}"), (3, "(open|close|raise|lower) [the] {room} (blinds|curtains|shutters|shades|window|door)"),
    (2, "(open|set) [the] {cover} to {percent}"), (1, "stop [the] {cover}"), (2, "(lock|unlock) [the] {lock}"), (1, "(lock|unlock) all [the] doors"),
    (3, "is [the] {lock} (locked|unlocked|open|closed)"), (4, "is [the] {cover} (open|closed)"), (3, "is [the] {thing} (on|off)"),
    (2, "(are|is) (any|all) [of] [the] (windows|doors|lights|blinds|garage doors) (open|closed|on|off) [in the {room}]"), (1, "(which|how many) (lights|windows|doors) are (on|open)"),
    (5, "(what is|what's) [the] {room} {reading}"), (4, "(what is|what's) the {reading} (in|of) [the] {room}"), (4, "(what is|what's) the {reading} of [the] {thing}"),
    (2, "(what is|what's) the (state|status|battery level) of [the] {thing}"), (2, "how (warm|hot|cold|humid) is it [in the {room}|outside]"), (2, "(what is|what's) the (outdoor|indoor|outside|inside) {reading}"),
    (3, "set [the] (temperature|temp|thermostat|heating) to {degrees}"), (3, "set [the] {climate} to {degrees}"), (2, "set [the] (temperature|temp) in [the] {room} to {degrees}"),
    (2, "(raise|lower|increase|decrease|turn up|turn down) the (temperature|heating|heat|thermostat) [in the {room}] [by {step}]"), (1, "it's too (dark|cold|hot|bright|loud) in [the] {room}"),
    (2, "set [the] {fan} [speed] to {percent}"), (1, "set [the] {fan} to (low|medium|high)"),
    (6, "(set|start) [a] timer for {duration}"), (4, "set a {duration1} timer"), (3, "(set|start) [a] {duration1} timer (for|called|named) {timer}"), (1, "(start|set) a {timer} timer for {duration}"),
    (3, "(cancel|pause|resume|stop) [the|my] [{timer}] timer"), (2, "(cancel|stop) all [the|my] timers"), (2, "how much time is left [on (the|my) {timer} timer]"), (2, "add {duration} to [the|my] [{timer}] timer"),
    (1, "how long (is left on|until) the {timer} timer"), (1, "take {duration} off the timer"), (1, "wake me (up|) at {time}"), (1, "(set|) an alarm for {time}"), (1, "remind me (in {duration}|at {time}) to (call {person}|take out the trash|water the plants)"),
    (4, "add {item} to [my|the] {list}"), (1, "put {item} on (my|the) {list}"), (1, "(remove|cross off|complete) {item} (from|on) (my|the) {list}"), (1, "what's on my {list}"),
    (3, "(what is|what's) the weather [like] [in {city}|today|tomorrow]"), (2, "(what is|what's) the {city} weather"), (1, "will it rain (today|tomorrow|in {city})"), (1, "how is the weather in {city}"),
    (3, "(what time is it|what's the time|what is the time)"), (3, "(what's|what is) (today's date|the date|the date today|the day today)"), (1, "what day is it [today]"),
    (3, "(pause|resume|stop|mute|unmute) [the] {media}"), (2, "(pause|resume|stop) [the] music [in the {room}]"), (3, "(next|skip|previous) (track|song) [on [the] {media}]"), (1, "(next|previous|stop|cancel|pause|resume|yes|no|okay|never mind|nevermind|thank you|help|yes please|no thanks|go on)"),
    (3, "(set|turn) [the] [{media}] volume (to|down to|up to) {percent}"), (2, "(turn|volume) (up|down)"), (2, "(turn up|turn down) the volume [on the {media}|by {percent}]"), (2, "play {music} [in the {room}|on the {media}]"),
    (3, "(activate|start|run|turn on) [the] {scene} [scene]"), (1, "{scene}"), (1, "[set] {scene} mode"), (1, "(start|stop|dock) [the] (vacuum|Roomba|robot|mower|lawn mower)"), (1, "(clean|vacuum) the {room}"), (1, "send the vacuum (home|back to its base)"),
    (1, "where is {person}"), (1, "is {person} (home|at work)"), (1, "(announce|broadcast|tell everyone) [that] (dinner is ready|we are leaving|it's time for bed|lunch is served)"),
    (1, "(good night|good morning|I'm home|I'm leaving|I'm cold|I'm going to bed|it's dark in here|goodbye|tell me a joke)"),
    (1, "(repeat that|say that again|what did you say|how are you|what can you do|who are you|undo that|do it again)"), (1, "(the left one|the right one|the second one|both|all of them|the {room} one|the big one)"),
]
QUESTION = re.compile(r"^(what|is|are|how|which|where|who|will|what's)\b", re.I)
FIRST = ["", "", "", "", "", "", "please ", "can you ", "could you ", "would you please ", "I'd like you to ", "hey, "]


def pick(chance, text):
    return chance.choice(text)


def home(chance: random.Random) -> dict:
    """Names of a home: `rooms`, `lights`, `switches`, `covers`, `climates`, `media`."""
    rooms = chance.sample(ROOMS, chance.randint(3, 9))

    def name(kinds, own=0.75):
        kind = chance.choice(kinds)
        p = chance.random()
        if p < own * 0.55:
            return f"{chance.choice(MODIFIERS)} {kind}"
        if p < own:
            return f"{chance.choice(rooms)} {kind}"
        return kind

    return {
        "rooms": rooms,
        "lights": [name(LIGHTS, 1.0) for _ in range(chance.randint(2, 9))],
        "switches": [name(SWITCHES, 0.6) for _ in range(chance.randint(1, 7))] + chance.sample(PRODUCTS, chance.randint(0, 2)),
        "covers": [name(COVERS, 0.75) for _ in range(chance.randint(1, 5))],
        "locks": chance.sample(LOCKS, chance.randint(1, 2)),
        "climates": chance.sample(CLIMATES, 1) + [f"{chance.choice(rooms)} {chance.choice(CLIMATES)}"],
        "media": [name(["TV", "Speaker", "Radio", "Stereo", "Television", "Soundbar", "Music Player"], 0.6), "TV"],
        "sensors": [f"{chance.choice(rooms + ['Outdoor', 'Indoor', 'Outside'])} {chance.choice(READINGS).title()}" for _ in range(chance.randint(0, 4))],
        "scenes": chance.sample(SCENES, chance.randint(0, 3)),
    }


def prompt(chance: random.Random, home: dict) -> str:
    """The home's names as the recognizer is told them: areas first, then entities, each once."""
    rest = [n for kind in ("lights", "switches", "covers", "locks", "climates", "media", "sensors", "scenes") for n in home[kind]]
    chance.shuffle(rest)
    rooms = home["rooms"] if chance.random() < 0.9 else []
    return ", ".join(dict.fromkeys(rooms + rest)) + "."


def number(chance, low, high):
    if chance.random() < 0.5:
        return str(chance.randrange(low, high + 1))
    return str(min(high, max(low, round(chance.randint(low, high) / 5) * 5)))


def plural(n, unit):
    return f"{n} {unit}" + ("" if n == 1 else "s")


def duration(chance):
    p = chance.random()
    if p < 0.45:
        return plural(int(chance.choice([number(chance, 1, 59), "5", "10", "15", "20", "30", "45", "1", "2", "3"])), "minute")
    if p < 0.6:
        return plural(chance.randint(1, 12), "hour")
    if p < 0.72:
        return plural(int(number(chance, 5, 90)), "second")
    if p < 0.83:
        return f"{plural(chance.randint(1, 5), 'hour')} and {plural(int(number(chance, 1, 59)), 'minute')}"
    if p < 0.93:
        return f"{plural(chance.randint(1, 20), 'minute')} and {plural(int(number(chance, 1, 59)), 'second')}"
    return chance.choice(["half an hour", "an hour", "an hour and a half", "a minute", "1 and a half hours", "half a minute", "a quarter of an hour"])


def slot(chance, name, home):
    if name == "thing":
        kind = chance.choices(["lights", "switches", "media", "climates"], [55, 30, 9, 6])[0]
        return chance.choice(home[kind])
    if name == "light":
        return chance.choice(home["lights"])
    if name == "cover":
        return chance.choice(home["covers"])
    if name == "lock":
        return chance.choice(home["locks"] + home["covers"])
    if name == "climate":
        return chance.choice(home["climates"])
    if name == "media":
        return chance.choice(home["media"])
    if name == "fan":
        return chance.choice(["fan", "Ceiling Fan", f"{chance.choice(home['rooms'])} fan", f"{chance.choice(MODIFIERS)} Fan"])
    if name == "room":
        return chance.choice(home["rooms"])
    if name == "percent":
        return number(chance, 1, 100) + "%"
    if name == "degrees":
        value = number(chance, 15, 30) if chance.random() < 0.75 else number(chance, 55, 85)
        if chance.random() < 0.1:
            value += ".5"
        return value + chance.choice([" degrees", " degrees", " degrees", "", " degrees Celsius", " degrees Fahrenheit"])
    if name == "step":
        return plural(chance.randint(1, 8), "degree")
    if name == "kelvin":
        return str(chance.randint(20, 65) * 100)
    if name == "duration":
        return duration(chance)
    if name == "duration1":
        return f"{int(number(chance, 1, 60))} {chance.choice(['minute', 'minute', 'second', 'hour'])}"
    if name == "time":
        hour, minute = chance.randint(1, 12), chance.choice(["", "", ":30", ":15", ":45", f":{chance.randint(10, 59)}"])
        return f"{hour}{minute} {chance.choice(['a.m.', 'p.m.'])}"
    if name == "scene":
        return chance.choice(home["scenes"] or SCENES)
    table = {"color": COLORS, "floor": FLOORS, "reading": READINGS, "timer": TIMERS, "item": ITEMS, "list": LISTS,
             "city": CITIES, "person": PEOPLE, "music": MUSIC}
    return chance.choice(table[name])


def expand(chance, template, home):
    while True:
        found = re.search(r"\[([^][()]*)\]|\(([^][()]*)\)", template)
        if not found:
            break
        optional, choice = found.groups()
        if optional is not None:
            said = chance.choice(optional.split("|")) if chance.random() < 0.5 else ""
        else:
            said = chance.choice(choice.split("|"))
        template = template[: found.start()] + said + template[found.end() :]
    text = re.sub(r"\{(\w+)\}", lambda m: slot(chance, m.group(1), home), template)
    return " ".join(text.split())


def sentence(chance, home):
    weights, templates = zip(*COMMANDS)
    return expand(chance, chance.choices(templates, weights)[0], home)


def command(chance: random.Random, home: dict) -> str:
    """One sentence as Whisper writes it, now and then with the wake word before it or two in one."""
    text = sentence(chance, home)
    question = bool(QUESTION.match(text))
    if not question and chance.random() < 0.08 and len(text) > 12:
        text = f"{text} and {sentence(chance, home)}"
    text = chance.choice(FIRST if not question and len(text) > 12 else [""]) + text
    p = chance.random()
    wake = chance.choice(["Computer", "Jarvis", "Computer", "Jarvis", "Hey Jarvis", "Hey Computer", "Okay Computer"]) if p < 0.2 else ""
    if wake:
        text = f"{wake}, {text}"
    text = text[0].upper() + text[1:]
    asked = question or re.search(r"\b(can|could|would) you\b", text, re.I)
    return text if text.endswith(".") and not asked else text + ("?" if asked else ".")


if __name__ == "__main__":
    chance = random.Random(1)
    for _ in range(40):
        print(command(chance, home(chance)))
    print(prompt(chance, home(chance)))
