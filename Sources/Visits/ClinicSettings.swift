import Primitives

/// What a clinic decides for itself. `json` and `init(_:changing:)` are its form as a document.
public struct ClinicSettings: Equatable, Sendable {
  // MARK: Entry

  /// Who waits in the lobby.
  public var lobby: LobbyPolicy
  /// How long a call goes on without staff before it ends; at most a day.
  public var waitsForStaff: Duration
  /// How long a call request rings; at most an hour.
  public var rings: Duration
  /// Whether staff of the visit's unit can take part without having been added.
  public var sameUnitMayJoin: Bool
  /// Whether guests see the names of patient and proxies, or the word for their role.
  public var guestsSeePatientName: Bool
  /// Whether the patient's agreement must be on record before others than the booked ones come.
  public var consentRequired: Bool
  /// Whether patients and proxies may copy the visit's general link.
  public var generalLinkForPatients = false
  /// How long links work after the end of the visit's time, or, where it has none, from when they
  /// were made; at most ten years.
  public var linkLifetime = Duration.hours(24)
  /// How long a staff session may be idle; at most a day.
  public var idleStaffSession = Duration.minutes(30)

  // MARK: Booking

  /// The types of visit, in the order in which they are shown; at most
  /// `Limits.visitTypesPerClinic`.
  public var visitTypes = VisitType.customary
  /// The predefined headings, in the order in which they are shown; at most
  /// `Limits.reasonsPerClinic`.
  public var reasons: [String] = []
  /// Whether a heading may be anything, or only one of `reasons`.
  public var freeTextHeading = true
  /// The ages at which a child's band ends: for words only, since ages are never told us.
  public var ageBands = AgeBands()

  // MARK: In the call

  /// Who besides staff may share a screen.
  public var sharing: Set<Role>
  /// Whether a shared screen takes the place of the camera, or stands beside it.
  public var shareReplacesCamera: Bool
  /// The images that may be put behind oneself; at most `Limits.backgroundsPerClinic`.
  public var backgrounds: [BackgroundID] = []
  /// How the technical quality is rated.
  public var ratingScale: RatingScale
  /// Whether patients and proxies rate it too.
  public var patientsRate: Bool

  // MARK: Words

  /// What stands on the button by which a colleague joins.
  public var joinButton = "Gå med i videosamtal"
  /// The text of an invite, by language (`sv`, `en`); without the one that is asked for, `sv`
  /// counts, and without that the daemon's own words. The link comes where `{link}` stands, and
  /// else behind the text. At most `Limits.languagesPerClinic`.
  public var invitationText: [String: String] = [:]
  /// The same for SMS, where that is to say something else: at most `Limits.smsTextCharacters`
  /// each, and so many of the other text where there is none of this in its language.
  public var smsText: [String: String] = [:]
  /// An image that stands above e-mails, by its `https` address: one that the clinic has put up
  /// here, or elsewhere. Nil: none does.
  public var logo: String?
  /// What stands beside the general link, to be copied with it.
  public var generalLinkText = ""

  // MARK: Records

  /// How long personal fields are kept after a visit was closed or cancelled; a day to ten years.
  public var retention = Duration.hours(24 * 90)
  /// Where webhooks go: an `http` or `https` address; nil: nowhere.
  public var webhook: String?

  /// The defaults let nobody do or see more than the clinic says.
  public init(
    lobby: LobbyPolicy = .everyone, waitsForStaff: Duration = .minutes(10),
    rings: Duration = .seconds(60), sameUnitMayJoin: Bool = false,
    guestsSeePatientName: Bool = false, sharing: Set<Role> = [],
    shareReplacesCamera: Bool = false, consentRequired: Bool = false,
    ratingScale: RatingScale = .yesNo, patientsRate: Bool = false
  ) {
    self.lobby = lobby
    self.waitsForStaff = waitsForStaff
    self.rings = rings
    self.sameUnitMayJoin = sameUnitMayJoin
    self.guestsSeePatientName = guestsSeePatientName
    self.sharing = sharing
    self.shareReplacesCamera = shareReplacesCamera
    self.consentRequired = consentRequired
    self.ratingScale = ratingScale
    self.patientsRate = patientsRate
  }

  /// What an SMS says in one of these languages, the first that there is a text in.
  func textOfSMS(in languages: [String]) -> String? {
    for language in languages {
      if let text = smsText[language] ?? invitationText[language] { return text }
    }
    return nil
  }

  /// What a message says by a channel in a language, as a BCP 47 tag, where the clinic has said
  /// that in its own words.
  public func text(by channel: OutgoingMessage.Channel, in language: String) -> String? {
    let languages = [language, String(language.prefix { $0 != "-" }), "sv"]
    return switch channel {
    case .sms: textOfSMS(in: languages)
    case .email: languages.lazy.compactMap { invitationText[$0] }.first
    }
  }

  /// Whether people of a role may share a screen: staff always may.
  func letsShare(_ role: Role) -> Bool { role == .staff || sharing.contains(role) }

  /// The type with this name, where the clinic has it.
  public func visitType(_ name: String) -> VisitType? {
    visitTypes.first { $0.name == name }
  }
}

/// Who may come in without being let in one by one. The policy caps what tokens and links claim.
public enum LobbyPolicy: String, Sendable, CaseIterable {
  /// Everybody but staff waits.
  case everyone
  /// Who comes by a link waits; who was called by a request comes straight in.
  case links
  /// Who comes by the general link waits; personal links come straight in.
  case generalLink = "general_link"
  /// Everybody with a valid link comes straight in; second openings of a personal link wait.
  case off
}

/// One of a clinic's types of visit, and what fits it. What does not fit is warned of at booking.
public struct VisitType: Equatable, Sendable {
  /// The clinic's word, at most `Limits.nameBytes` bytes.
  public var name: String
  /// How many proxies fit; 0 to `Limits.proxiesPerVisit`.
  public var proxies: Int
  /// Whether a proxy may join a child that has an own profile.
  public var childMayBeJoined: Bool
  /// Whether links work before the visit has been started or its time has come.
  public var linksWorkEarly: Bool

  /// Joins the parts.
  public init(
    name: String, proxies: Int = 1, childMayBeJoined: Bool = false, linksWorkEarly: Bool = true
  ) {
    self.name = name
    self.proxies = proxies
    self.childMayBeJoined = childMayBeJoined
    self.linksWorkEarly = linksWorkEarly
  }

  /// What a clinic has that has said nothing about its types.
  public static let customary = [
    VisitType(name: "videobesök"),
    VisitType(name: "videomöte", proxies: 4, childMayBeJoined: true),
    VisitType(name: "videosamtal", proxies: 2),
    VisitType(name: "schemalagt", proxies: 2, linksWorkEarly: false),
    VisitType(name: "schemalagd fri", proxies: 4, childMayBeJoined: true, linksWorkEarly: false),
  ]
}

/// How the technical quality of a call is rated.
public enum RatingScale: String, Sendable, CaseIterable {
  /// Whether there were technical problems.
  case yesNo = "yes_no"
  /// One of five grades.
  case fiveGrades = "five_grades"
}

/// The last years of a child's bands.
public struct AgeBands: Equatable, Sendable {
  /// The last year of a child: proxies act for it.
  public var child: Int
  /// The last year of a youth: has a profile of its own, and is not an adult.
  public var youth: Int

  /// Joins the ages; a child's is below a youth's.
  public init(child: Int = 12, youth: Int = 17) {
    self.child = child
    self.youth = youth
  }
}
