"""`python -m lottery_ticket` is the command `lottery-ticket`."""

from lottery_ticket.runners import main

if __name__ == "__main__":
    main.main()
