"""Lending rules of the embedded library system. Pure: facts and an instant in, a decision out.

book.py         patrons, items, loans, holds, as the records hold them
loan_rules.py   which rule holds for a patron's class and an item's kind: data, not code
due.py          when a loan is due, how late it came back, what that costs
decide.py       may this be lent, renewed, held; where a returned item goes; a patron's flags
words.py        each refusal as a sentence for the screen, Chinese and English
"""
