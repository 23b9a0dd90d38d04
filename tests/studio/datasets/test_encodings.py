"""The encoding of a table that says nothing of it: what a byte means is told by what stands beside it."""

from pathlib import Path

import pytest

from studiolo.studio.datasets.reading import encoding
from studiolo.studio.datasets.reading.encoding import detect_piece
from studiolo.studio.datasets.reading.scripts import script_page

TEXTS = {
    "cp1252": [
        "Müller Schröder Weiß Größe", "Renée François Noël à Île œuvre août", "Muñoz José Peña María ¿Qué?",
        "São João Conceição Ações", "Ærø Århus Sønderborg å", "Guðmundur Þór Sigurðsson", "it’s “fine” – ok", "Acme® ©2024",
        "5 €", "£12.50", "20 °C", "µg/m³ ±5 km²", "Peña",
    ],
    "cp1250": [
        "Łukasz Łódź Stanisław żaba Częstochowa był", "Jiří Plzeň Žofie Děčín Šárka", "Győr Szőke Űrhajó gyönyörű",
        "Braşov Ţară învăţ", "Đuro Šibenik Žarko Ćosić",
    ],
    "iso8859_2": ["Łukasz Łódź Stanisław żaba Ścibor Częstochowa", "Jiří Plzeň Žofie Děčín Šárka"],
    "cp1254": ["Şükrü İstanbul Çağla Iğdır Beşiktaş"],
    "mac_roman": ["Müller Größe Café naïve"],
    "cp1251": ["Иван Москва в городе и"],
    "koi8_r": ["Привет мир как дела сегодня Иван Москва"],
    "cp1253": ["Γιώργος Αθήνα Θεσσαλονίκη"],
    "cp932": ["東京 テスト カタカナ ひらがな 株式会社"],
    "euc_jp": ["東京 テスト 株式会社 ひらがな"],
    "gb18030": ["北京 上海 数据集 名称"],
    "big5": ["臺北 資料集 名稱"],
    "euc_kr": ["서울 부산 데이터"],
}  # fmt: skip


@pytest.mark.parametrize(("page", "text"), [(page, text) for page, texts in TEXTS.items() for text in texts])
def test_words_come_back_as_they_were_written(tmp_path: Path, page: str, text: str) -> None:
    words = [*text.split(" "), text]
    table = "id,name,value\n" + "".join(f"{row},{word},{row}\n" for row, word in enumerate(words * 30))
    (tmp_path / "a.csv").write_bytes(table.encode(page))
    found, guessed = encoding.detect(tmp_path / "a.csv")
    assert guessed
    assert table.encode(page).decode(found) == table


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1251", "id,name,city\n1,John Smith,London\n2,Иван,Moscow\n3,Mary,New York\n"),
        ("cp1251", "name,note\nAlpha,ok\nBeta,да\n"),
        ("cp1251", "product,colour\nBolt M8,красный\nNut,green\nScrew,blue\nWasher,«синий»\n"),
        ("cp1251", "id,name\n1,John\n2,Сергей\n"),
        ("cp1251", "А,Б\nДА,НЕТ\nДА,НЕТ\n"),
        ("koi8_r", "id,name\n1,John\n2,Москва\n"),
        ("koi8_r", "А,Б\nда,нет\n"),
        ("cp1253", "id,name\n1,George\n2,Γιώργος\n3,Αθήνα\n"),
        ("cp1255", "id,name,city\n1,John Smith,London\n2,שלום עולם,Haifa\n"),
        ("cp1256", "id,name\n1,Ali\n2,علي\n3,محمد\n"),
    ],
)
def test_a_few_words_of_another_script_among_english_come_back_as_written(encoding: str, text: str) -> None:
    assert detect_piece(text.encode(encoding), cut=False) == encoding


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("gb18030", "id,name\n1,北京\n2,上海市\n"),
        ("big5", "id,name\n1,臺北\n2,高雄市\n"),
        ("cp932", "id,name\n1,東京\n2,カタカナ\n3,ひらがな\n"),
        ("euc_kr", "id,name\n1,서울\n2,부산광역시\n"),
        ("cp1252", "id,x\n1,été\n2,«à»\n"),
    ],
)
def test_no_other_text_is_taken_for_a_script_of_few_letters(encoding: str, text: str) -> None:
    assert script_page(text.encode(encoding)) is None
