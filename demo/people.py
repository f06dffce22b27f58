"""Invented donors of several alphabets. Their addresses are at example.org, which nobody owns."""

from __future__ import annotations

import random
from dataclasses import dataclass

GIVEN = (
    "Ada Amara Anneke Ayşe Björn Chidi Dagný Devi Eirlys Farid Giulia Hanneke Ines Iva Jens José Kwame Leila Łucja "
    "Mats Nadia Niamh Omar Pilar Priya Quentin Rosa Sanna Tomás Uchenna Violeta Wanjiru Yara Zdeněk"
).split()
FAMILY = (
    "Achterberg Adeyemi Åkesson Bianchi Brânză Castillo Dvořák Erdoğan Fáilte Garðarsson Haddad Ibarra Jørgensen Kaya "
    "Lefèvre Mbeki Nowak O’Rourke Pálsdóttir Quispe Ramírez Sørby Thomsen Uddin Vega Weiß Xhaka Yılmaz Zieliński"
).split()
WHOLE = (
    "大江 健太|佐藤 美咲|김민준|이서연|王小明|李娜|Мария Петрова|Олексій Шевченко|Νίκος Παπαδόπουλος|Ελένη Γεωργίου|"
    "محمد الحسن|فاطمة الزهراء|דנה לוי|अनिता शर्मा|तेजस पाटील|สมชาย ใจดี|Trần Thị Mai|Նարե Սարգսյան|გიორგი ბერიძე"
).split("|")
MESSAGES = (
    "Keep going!|For my grandmother, who loved the marsh.|Thank you for the newsletter.|頑張ってください|"
    "Спасибо за вашу работу|Bonne continuation|¡Gracias por todo!|شكرا لكم|"
    "From all of class 4b|In place of birthday presents|Danke für alles"
).split("|")


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    email: str
    public: bool


def crowd(chance: random.Random, size: int) -> list[Person]:
    """This many donors; some give no name, and fewer than half want to be shown."""
    people = []
    for number in range(1, size + 1):
        draw = chance.random()
        if draw < 0.2:
            name = chance.choice(WHOLE)
        elif draw < 0.9:
            name = f"{chance.choice(GIVEN)} {chance.choice(FAMILY)}"
        else:
            name = ""
        people.append(Person(name, f"donor{number}@example.org", public=chance.random() < 0.45))
    return people
