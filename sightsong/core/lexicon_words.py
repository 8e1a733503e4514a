"""The words of the lexicon: words of one meaning, then scales and values, a line each."""

NEGATIONS = frozenset(
    {"not", "no", "never", "without", "hardly", "nor", "neither", "less"}
    | {"isn't", "aren't", "wasn't", "don't", "doesn't"}
)
"""Words that turn the feeling of the next known word around."""

INTENSIFIERS = {
    "very": 1.4,
    "extremely": 1.7,
    "really": 1.3,
    "so": 1.2,
    "super": 1.5,
    "deeply": 1.4,
    "intensely": 1.5,
    "utterly": 1.6,
    "slightly": 0.5,
    "somewhat": 0.6,
    "little": 0.6,
    "bit": 0.6,
    "mildly": 0.5,
    "rather": 0.8,
    "quite": 0.9,
}
"""Words that strengthen (above 1) or weaken the next known word."""

FEELINGS = """
afraid, scared, fearful, frightened: valence -0.6 arousal 0.55 mode -0.6
fear, horror, terror, dread: valence -0.65 arousal 0.6 mode -0.7
frightening, scary, terrifying: valence -0.6 arousal 0.6 mode -0.7
creepy, eerie, spooky, haunting, haunted: valence -0.45 arousal 0.05 mode -0.6 density -0.4
sinister, menacing, ominous, evil: valence -0.6 arousal 0.3 mode -0.7 brightness -0.5
unsettling, uneasy, disturbing: valence -0.5 arousal 0.25 mode -0.5
anxious, nervous, worried, restless: valence -0.45 arousal 0.5 mode -0.4 density 0.3
anxiety, panic: valence -0.6 arousal 0.7 mode -0.4 density 0.5
tense, suspenseful, nervy: valence -0.35 arousal 0.55 mode -0.5
tension, suspense: valence -0.3 arousal 0.55 mode -0.5
angry, furious, enraged, mad: valence -0.65 arousal 0.75 loudness 0.7 mode -0.4
anger, rage, fury, hate: valence -0.65 arousal 0.75 loudness 0.7 mode -0.4
aggressive, violent, brutal, fierce: valence -0.45 arousal 0.8 loudness 0.8 density 0.5
bitter, resentful: valence -0.5 arousal 0.1 mode -0.5
disgust, disgusting, gross, nasty: valence -0.65 arousal 0.25
grotesque, ugly: valence -0.55 arousal 0.3
sad, unhappy, sorrowful: valence -0.6 arousal -0.4 mode -0.7 tempo -0.4
sadness, sorrow, grief: valence -0.65 arousal -0.35 mode -0.7 tempo -0.5
mournful, tearful, heartbroken, grieving: valence -0.6 arousal -0.3 mode -0.7 tempo -0.5
depressed, depressing, miserable: valence -0.7 arousal -0.5 mode -0.7 tempo -0.5
gloomy, dreary, somber, sombre: valence -0.5 arousal -0.4 mode -0.6 brightness -0.5
bleak, desolate, hopeless: valence -0.65 arousal -0.3 mode -0.6 density -0.5
despair: valence -0.75 arousal 0.0 mode -0.7
lonely, alone, abandoned: valence -0.45 arousal -0.5 mode -0.4 density -0.5
loneliness, solitude: valence -0.35 arousal -0.5 density -0.5
melancholic, melancholy: valence -0.3 arousal -0.4 mode -0.6 tempo -0.4
wistful, pensive, longing, yearning: valence -0.05 arousal -0.35 mode -0.3 tempo -0.3
bittersweet: valence 0.0 arousal -0.2 mode -0.2
nostalgic, nostalgia, sentimental: valence 0.15 arousal -0.25
moody, brooding: valence -0.3 arousal -0.1 mode -0.5 brightness -0.4
dark, darkness: valence -0.4 arousal 0.05 mode -0.6 brightness -0.6
cold, icy: valence -0.3 arousal -0.1
mysterious, mystery, enigmatic: valence -0.1 arousal 0.1 mode -0.4
dramatic, drama: valence -0.1 arousal 0.6 loudness 0.4
intense, intensity: valence -0.05 arousal 0.7 loudness 0.5
emotional, moving: valence 0.1 arousal 0.2
happy, glad, delighted: valence 0.75 arousal 0.25 mode 0.7
happiness, joy, delight: valence 0.8 arousal 0.3 mode 0.7
joyful, joyous, jubilant: valence 0.8 arousal 0.45 mode 0.7 tempo 0.4
cheerful, merry, jolly: valence 0.75 arousal 0.35 mode 0.7 tempo 0.3
upbeat, uplifting: valence 0.65 arousal 0.45 mode 0.6 tempo 0.4
fun, funny, amusing: valence 0.65 arousal 0.4 mode 0.5
playful, bouncy, cheeky: valence 0.6 arousal 0.45 mode 0.5 percussiveness 0.4
whimsical, quirky, curious: valence 0.35 arousal 0.3 mode 0.3
excited, exciting, thrilling: valence 0.5 arousal 0.75 tempo 0.5 density 0.5
excitement, thrill: valence 0.5 arousal 0.75 tempo 0.5 density 0.5
surprise, surprised, surprising, astonishing: valence 0.25 arousal 0.6
wonder, amazing, awe: valence 0.5 arousal 0.35
energetic, lively, vibrant: valence 0.45 arousal 0.7 tempo 0.5 density 0.5
energy, power: valence 0.3 arousal 0.7 loudness 0.5
powerful, strong, bold: valence 0.25 arousal 0.6 loudness 0.6
epic, heroic, majestic, grand: valence 0.3 arousal 0.6 loudness 0.6
triumphant, victorious, triumph, victory: valence 0.6 arousal 0.65 mode 0.7 loudness 0.5
proud, confident: valence 0.5 arousal 0.35 mode 0.4
hopeful, hope, optimistic: valence 0.55 arousal 0.1 mode 0.5
inspiring, inspirational: valence 0.55 arousal 0.3 mode 0.5
love, loving, affection: valence 0.75 arousal 0.1 mode 0.4
romantic, romance: valence 0.6 arousal -0.1 tempo -0.3
sensual, sexy, seductive: valence 0.4 arousal 0.2 tempo -0.2
tender, gentle, delicate: valence 0.45 arousal -0.4 loudness -0.6 density -0.3
warm, cozy, cosy, heartwarming: valence 0.5 arousal -0.3 brightness -0.2
calm, calming, still: valence 0.4 arousal -0.6 loudness -0.5 density -0.4
peaceful, peace, tranquil, tranquility: valence 0.55 arousal -0.6 mode 0.4 density -0.4
serene, serenity, placid: valence 0.5 arousal -0.55 mode 0.4 density -0.4
relaxed, relaxing, chill, mellow: valence 0.45 arousal -0.5 tempo -0.3
soothing, restful, sleepy, drowsy: valence 0.35 arousal -0.7 tempo -0.5 loudness -0.6
dreamy, dreamlike, dream, ethereal: valence 0.3 arousal -0.4 percussiveness -0.5
meditative, contemplative, reflective: valence 0.2 arousal -0.5 tempo -0.4
bored, boring, dull, monotonous: valence -0.35 arousal -0.5
tired, weary, exhausted: valence -0.35 arousal -0.6 tempo -0.4
carefree, easygoing, breezy: valence 0.6 arousal 0.0 mode 0.5
sweet, lovely, charming: valence 0.6 arousal -0.1 mode 0.4
beautiful, pretty, gorgeous: valence 0.6 arousal 0.0
pleasant, nice, good: valence 0.5 arousal -0.05 mode 0.3
unpleasant, bad, awful, horrible: valence -0.6 arousal 0.25
pain, painful, suffering: valence -0.65 arousal 0.3 mode -0.5
wild, frantic, frenetic, hectic: valence -0.05 arousal 0.8 tempo 0.7 density 0.7
chaotic, chaos: valence -0.35 arousal 0.75 density 0.7
"""

STYLES = """
slow, slowly, adagio, largo: arousal -0.4 tempo -0.7 density -0.5
fast, quick, rapid, presto, allegro: arousal 0.45 tempo 0.7 density 0.5
midtempo, moderate, andante: tempo 0.0
driving, pounding: arousal 0.6 tempo 0.4 percussiveness 0.6 density 0.5
steady: arousal 0.05 percussiveness 0.3
loud, noisy, thunderous: arousal 0.55 loudness 0.8
soft, hushed, faint, quiet: arousal -0.45 loudness -0.7
heavy: valence -0.25 arousal 0.5 loudness 0.7 brightness -0.3
light, airy: valence 0.3 arousal -0.15 loudness -0.4 brightness 0.2
bright, sparkling, shimmering: valence 0.4 arousal 0.25 brightness 0.7
low, deep: brightness -0.6
high, shrill: arousal 0.2 brightness 0.7
minor: valence -0.3 mode -0.9
major: valence 0.3 mode 0.9
dissonant, atonal, detuned: valence -0.5 arousal 0.25 mode -0.4
harsh, grinding, abrasive: valence -0.5 arousal 0.6 brightness 0.5 loudness 0.6
rough, gritty: valence -0.25 arousal 0.4
distorted, distortion: valence -0.35 arousal 0.6 loudness 0.7 brightness 0.4
smooth: valence 0.35 arousal -0.35 percussiveness -0.4
sparse, minimal, minimalist: arousal -0.4 density -0.7
dense, busy, complex: arousal 0.35 density 0.7
rhythmic, groovy, groove: valence 0.35 arousal 0.4 percussiveness 0.6
percussive, percussion, drum, beat, handclap: arousal 0.35 percussiveness 0.7
staccato, pizzicato: arousal 0.15 percussiveness 0.5
legato, sustained, drone: arousal -0.35 percussiveness -0.7 density -0.6
pad, reverberant, echo: arousal -0.35 percussiveness -0.6
acoustic, unplugged: valence 0.2 arousal -0.25 loudness -0.3
electric, electronic, synthesizer, synth: arousal 0.2 brightness 0.2
piano, keyboard: percussiveness 0.1 arousal -0.1
guitar, ukulele, banjo, mandolin: percussiveness 0.2
string, violin, viola, orchestra, orchestral: percussiveness -0.4
cello, bass, contrabass, tuba: brightness -0.5
flute, woodwind, clarinet, oboe: percussiveness -0.3 arousal -0.15
harp, bell, xylophone, glockenspiel, celesta: valence 0.25 brightness 0.4 percussiveness 0.4
brass, trumpet, horn, trombone: arousal 0.4 brightness 0.4 loudness 0.4
saxophone, sax, accordion: valence 0.15
choir, vocal, voice, singing: percussiveness -0.3
organ, church: arousal -0.1 percussiveness -0.6
whistle, whistling: valence 0.4 brightness 0.3
ambient, newage, atmospheric: valence 0.15 arousal -0.6 density -0.7 percussiveness -0.7
classical, chamber: valence 0.15 arousal -0.2
baroque: valence 0.25 density 0.4
jazz, swing, bossa, nova: valence 0.35 arousal 0.05
blues: valence -0.2 arousal -0.1 mode -0.2
soul, gospel: valence 0.4 arousal 0.1
folk, country, bluegrass: valence 0.3 arousal -0.05 mode 0.3
pop: valence 0.45 arousal 0.3 mode 0.3
rock, garage: arousal 0.5 loudness 0.5 percussiveness 0.4
punk, hardcore: valence -0.1 arousal 0.8 tempo 0.7 loudness 0.8 density 0.6
metal, thrash, grindcore: valence -0.35 arousal 0.8 loudness 0.9 density 0.6 mode -0.4
industrial, noise: valence -0.45 arousal 0.6 loudness 0.7
techno, house, trance, edm, rave: valence 0.2 arousal 0.65 percussiveness 0.6 tempo 0.4
dance, disco, party, club: valence 0.6 arousal 0.65 percussiveness 0.6 tempo 0.3
hiphop, rap, trap: arousal 0.4 percussiveness 0.6
funk, funky: valence 0.55 arousal 0.5 percussiveness 0.5
reggae, ska, dub: valence 0.5 arousal 0.1 mode 0.3
latin, salsa, samba, tango: valence 0.5 arousal 0.5 percussiveness 0.5
lofi, downtempo, lounge: valence 0.25 arousal -0.4 tempo -0.4
shoegaze: valence 0.0 arousal 0.0 percussiveness -0.4
ballad: valence 0.0 arousal -0.35 tempo -0.5
lullaby, cradle: valence 0.45 arousal -0.75 tempo -0.5 loudness -0.7
waltz: valence 0.3 arousal -0.05
march, anthem, fanfare: valence 0.4 arousal 0.55 percussiveness 0.4 loudness 0.5
hymn, chant, prayer: valence 0.25 arousal -0.4 percussiveness -0.6
requiem, elegy, dirge, funeral: valence -0.6 arousal -0.4 mode -0.7 tempo -0.7
soundtrack, cinematic: arousal 0.05
thriller: valence -0.4 arousal 0.6 mode -0.5
experimental: valence -0.2 arousal 0.1
"""

SCENES = """
sunset, dusk, twilight, evening: valence 0.45 arousal -0.35
sunrise, dawn, morning: valence 0.5 arousal -0.15
sun, sunny, sunshine, summer: valence 0.65 arousal 0.2 mode 0.5
spring, blossom, flower, meadow, garden: valence 0.6 arousal -0.15 mode 0.4
autumn, fall: valence 0.05 arousal -0.35
winter, snow, ice: valence 0.0 arousal -0.35 density -0.3
rain, rainy, drizzle: valence -0.15 arousal -0.4
storm, stormy, thunder, lightning: valence -0.35 arousal 0.65 loudness 0.5
fog, mist, misty: valence -0.1 arousal -0.4 density -0.4
night, midnight: valence -0.05 arousal -0.2 brightness -0.3
neon, city, urban, street: valence 0.1 arousal 0.45
sea, ocean, beach, coast, wave: valence 0.5 arousal -0.35
lake, river, water: valence 0.45 arousal -0.45
mountain, sky, horizon: valence 0.4 arousal -0.2
forest, tree, wood, nature: valence 0.45 arousal -0.4
desert: valence 0.0 arousal -0.3 density -0.4
fire, flame, explosion: valence -0.15 arousal 0.65
war, battle, fight, weapon: valence -0.6 arousal 0.75 loudness 0.7
death, dead, grave, ruin: valence -0.7 arousal -0.1 mode -0.7
birthday, wedding, celebration, festival, carnival: valence 0.75 arousal 0.55 mode 0.6
holiday, vacation, travel, adventure: valence 0.6 arousal 0.4
child, baby, puppy, kitten: valence 0.65 arousal 0.05
friend, family, home: valence 0.6 arousal -0.05
sport, race, workout, running: valence 0.3 arousal 0.75 tempo 0.6
sleep, rest, bed: valence 0.35 arousal -0.75 loudness -0.6
study, focus, work: valence 0.1 arousal -0.2
coffee, cafe, tea: valence 0.4 arousal -0.15
space, star, moon, galaxy: valence 0.3 arousal -0.35 percussiveness -0.5
ghost, monster, demon, nightmare: valence -0.6 arousal 0.5 mode -0.7
kiss, bride, groom: valence 0.7 arousal 0.15 mode 0.5
smile, laugh, laughter: valence 0.75 arousal 0.35 mode 0.5
cry, tear, crying: valence -0.6 arousal -0.1 mode -0.6
"""
