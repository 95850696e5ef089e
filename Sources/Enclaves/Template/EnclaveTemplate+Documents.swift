extension EnclaveTemplate {
    /// What a small maker of cargo bicycles may have in its folders: public, internal and confidential documents, one of
    /// them marked paragraph by paragraph, one that expires.
    static let documents: [(path: String, text: String)] = [
        (
            path: "documents/handbook/working-here.md",
            text: #"""
            # Working here

            ## Holidays

            Everyone has 28 days of holiday in a year. Ask for them three weeks ahead; July and December go
            by lot.

            ## Tools

            Each torque wrench is calibrated every January. A wrench that was dropped goes to Tom before it
            is used again.

            """#
        ),

        (
            path: "documents/office/supplier-prices.md",
            text: #"""
            # Prices of suppliers

            ## Axles

            Brindle Forge asks 11.40 euros for a front axle of the Otter, from 200 pieces 9.85 euros.

            ## Boxes

            The ash box comes at 86 euros from the joiner at the mill, paid within ten days.

            """#
        ),

        (
            path: "documents/people/pay-2026.md",
            text: #"""
            # Pay in 2026

            A mechanic starts at 2950 euros a month and gets 3340 euros after the second year.

            The bonus for the season is 600 euros for everyone, paid in October.

            """#
        ),

        (
            path: "documents/public/catalogue.md",
            text: #"""
            ---
            title: Catalogue of cargo bicycles
            author: Sofia Lind
            ---
            # Cargo bicycles

            ## The Otter

            The Otter is a two-wheeled cargo bicycle with a box in front of the rider. It carries 90
            kilograms in the box and comes with hub gears and hydraulic brakes.

            ## The Badger

            The Badger has three wheels and carries 140 kilograms. It turns on the spot and does not tip
            over when it is loaded.

            ## Service

            Every yearly service includes a check of the brakes and of the front axle, free of charge in the
            first two years.

            """#
        ),

        (
            path: "documents/public/opening-hours.txt",
            text: #"""
            Hazelbrook Cycles, opening hours

            The showroom is open from Tuesday to Saturday, from ten to six.

            The workshop takes bicycles in from eight in the morning, and gives a spare bicycle to whoever
            needs one.

            """#
        ),

        (
            path: "documents/sales/autumn-offer.md",
            text: #"""
            ---
            title: Autumn offer
            author: Sofia Lind
            expires: 2031-11-30
            ---
            # Autumn offer

            Whoever buys an Otter before the end of November gets the rain cover as a present. We may give
            up to 8 percent off without asking Ines.

            """#
        ),

        (
            path: "documents/workshop/torque-table.md",
            text: #"""
            # Torque table

            ## Otter

            | bolt | newton metres |
            | --- | --- |
            | front axle | 40 |
            | stem | 6 |
            | brake disc | 4 |

            ## Badger

            | bolt | newton metres |
            | --- | --- |
            | front axles, both | 35 |
            | steering joint | 22 |

            """#
        ),

        (
            path: "documents/workshop/reports/report-0142-front-axle.md",
            text: #"""
            # (I) Report 142: bolt of the front axle of the Otter

            (P) The Otter was recalled for a free check of the front axle in March.

            (I) On Otters of series 3 the bolt of the front axle is set to 52 newton metres, not 40, until
            further notice.

            (C) Two axles of series 3 broke in our own load test at 61 newton metres. The supplier of the
            axles has been told and has offered 18000 euros.

            Rider names and addresses are in the folder of the insurer.

            """#
        ),
    ]
}
