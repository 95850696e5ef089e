extension EnclaveTemplate {
    /// `questions.jsonl`: questions with known answers, and who may see them.
    static let questions = #"""
        {"id": "axle", "question": "How tight must the bolt of the front axle be on series 3?", "purpose": \#
        "work", "document": "workshop/reports/report-0142-front-axle.md", "contains": "set to 52 newton \#
        metres", "may_see": ["ines.varga", "tom.reed", "sofia.lind"], "may_not_see": ["jan.moss", "showroom-screen"]}
        {"id": "load-test", "question": "At what torque did axles break in our load test?", "purpose": "work", \#
        "document": "workshop/reports/report-0142-front-axle.md", "contains": "61 newton metres", "may_see": \#
        ["ines.varga", "tom.reed"], "may_not_see": ["sofia.lind", "jan.moss", "showroom-screen"]}
        {"id": "pay", "question": "What does a mechanic earn after two years?", "purpose": "personnel", \#
        "document": "people/pay-2026.md", "contains": "3340 euros", "may_see": ["ines.varga"], "may_not_see": []}
        {"id": "badger", "question": "How much can the Badger carry?", "purpose": "work", "document": \#
        "public/catalogue.md", "contains": "140 kilograms", "may_see": ["ines.varga", "tom.reed", "sofia.lind", \#
        "jan.moss", "showroom-screen"], "may_not_see": []}

        """#
}
