"""What columns are called in other programs and languages, each field of the register with its names.

Folded as `blind_index.words` folds them and joined: "Date of Birth" is dateofbirth.
"""

NAMES: dict[str, str] = {
    "number": "patientnumber patientno number pat",
    "full_name": "name fullname patientname patient nombrecompleto nomcomplet volledigenaam nomecompleto",
    "given_name": (
        "givenname firstname forename first given vorname prenom nombre nombres voornaam nome imya имя nomedebatismo"
    ),
    "middle_name": "middlename middle zweitername deuxiemeprenom segundonombre patronymic otchestvo отчество",
    "family_name": (
        "familyname lastname surname last family nachname familienname nom apellido apellidos achternaam "
        "cognome sobrenome familiya фамилия"
    ),
    "preferred_name": "preferredname nickname alias rufname knownas",
    "sex": "sex gender geschlecht sexe sexo genero geslacht sesso пол genre",
    "birth_date": (
        "birthdate dateofbirth dob born birthday geburtsdatum geburtstag datedenaissance naissance "
        "fechadenacimiento nacimiento geboortedatum datadinascita datadenascimento датарождения"
    ),
    "age": "age alter edad leeftijd eta idade возраст",
    "preferred_language": "language preferredlanguage sprache langue idioma taal lingua язык",
    "phone": (
        "phone mobile mobilephone phonenumber mobilenumber mobileno contactnumber telephone tel cell "
        "cellphone handy telefon telefonnummer telefono telefoon telefone celular portable телефон"
    ),
    "other_phone": "otherphone phone2 homephone landline secondphone alternatephone alternatemobile workphone festnetz",
    "email": "email emailaddress mail epost correo correoelectronico courriel",
    "address": (
        "address street addressline1 address1 strasse anschrift adresse direccion adres indirizzo endereco адрес"
    ),
    "city": "city town ort stadt ville ciudad plaats stad citta cidade город",
    "state": "state region province county district bundesland provincia estado",
    "postal_code": "postalcode postcode zip zipcode pincode pin plz codepostal codigopostal cap cep индекс",
    "country": "country land pays pais paese страна",
    "emergency_name": (
        "emergencyname emergencycontact emergencycontactname nextofkin kin notfallkontakt contactodeemergencia"
    ),
    "emergency_relationship": "emergencyrelationship relationship relation kinship beziehung",
    "emergency_phone": "emergencyphone emergencycontactphone emergencynumber nextofkinphone notfallnummer",
    "national_id": (
        "nationalid idnumber nationalidnumber aadhaar aadhar ssn nhsnumber passport personalausweis dni cpf "
        "bsn codicefiscale"
    ),
    "blood_group": "bloodgroup bloodtype blood blutgruppe groupesanguin gruposanguineo tiposanguineo",
    "notes": "notes note remarks comments comment bemerkung bemerkungen notas remarques",
    "is_vip": "vip isvip",
    "is_blocked": "blocked isblocked gesperrt",
    "blocked_reason": "blockedreason reasonforblocking",
}
KNOWN_NAMES = {name: field for field, names in NAMES.items() for name in names.split()}
