#include "gen_words.h"

const char gen_emoji[] =
    "😂|❤️|😍|🙏|😭|🔥|👏|💕|✨|🎉|💜|🤔|😊|🙌|😅|👍|🌹|💙|😢|🥺|🎂|🌸|☀️|⚽|🇨🇳|🇺🇸|👇|📷|🎶|💪"
    "|🐶|🍜|🚀|💯|😎|😉|😡|🌙|⭐|🍀";

const char gen_domains[] =
    "bit.ly|youtu.be|www.youtube.com|www.instagram.com|ift.tt|dlvr.it|ow.ly|www.facebook.com"
    "|www.nytimes.com|www.bbc.co.uk|www.theguardian.com|news.yahoo.co.jp|www.reuters.com"
    "|elpais.com|www.marca.com|ria.ru|www.rt.com|www.aljazeera.net|www.alarabiya.net"
    "|www.naver.com|news.naver.com|www.thairath.co.th|www.detik.com|www.amazon.com|amzn.to"
    "|www.amazon.co.jp|open.spotify.com|soundcloud.com|www.twitch.tv|medium.com|github.com"
    "|www.scmp.com|www.hk01.com|www.globaltimes.cn|news.cgtn.com|www.xinhuanet.com"
    "|www.pixiv.net|note.mu|ameblo.jp|peing.net|curiouscat.me|du3a.org|qurani.tv|zad-muslim.com"
    "|www.etsy.com|www.ebay.com|goo.gl|tinyurl.com|buff.ly|fb.me|es.pn|cnn.it|wapo.st|trib.al";

const char gen_syllables[] =
    "an|ba|bel|chi|da|dan|el|fu|ga|ha|han|hi|in|ja|jo|ka|ken|ki|ko|la|lee|li|lo|lu|ma|mar|mi|mo"
    "|na|ne|ni|no|o|pa|pe|qi|ra|re|ri|ro|ru|sa|sha|shi|so|su|ta|te|ti|to|tu|va|ve|vi|wa|xi|ya|yo"
    "|yu|za|zen|zo|king|real|its|mr|the|sky|star|moon";

const char *const gen_topic_tags[] = {
    "",
    "香港|郭文贵|爆料革命|止暴制乱|HongKong|香港警察|蚂蚁帮|台湾",
    "달빛콘서트D1",
    "HarbourBridgeFire",
};

const char gen_sites[] = "www.ledgerpost.example|harbourtimes.example";

const struct gen_vocabulary gen_vocabularies[GEN_LANGUAGES] = {
    [GEN_ENGLISH] = {
        "en", "en",
        "the|to|and|a|of|in|is|you|I|that|it|for|my|this|on|me|so|be|just|with|are|at|have|not"
        "|like|your|all|what|we|do|when|get|was|out|if|up|can|but|don't|they|one|from|people|love"
        "|know|now|he|time|day|about|good|see|new|her|want|how|or|his|who|really|more|she|got"
        "|today|make|need|think|back|as|never|I'm|go|life|will|going|no|too|still|been|them|by"
        "|right|because|why|an|great|would|there|best|always|some|happy|even|much|say|only|their"
        "|these|let's|thank you|had|being|video|first|work|everyone|way|should|last|night|over"
        "|please|than|thing|someone|here|girl|feel|next|year|man|God|world|every|things|off|years"
        "|down|come|after|look|other|us|has|watch|stop|before|better|real|those|since|then|free"
        "|where|most|sure|friends|again|school|ever|music|game|miss|week|home|thanks|&amp;|wait"
        "|tomorrow|its|&lt;3|Q&amp;A|morning|big|show|win|guys|live|proud|beautiful|amazing|support|against"
        "|government|president|women|children|money|country|question|story|actually|literally"
        "|something|nothing|anything|together|remember|different|important|weekend|tonight"
        "|birthday|congratulations|hopefully|somebody|definitely|favourite|available|community"
        "|breakfast|yesterday|wonderful|understand|conversation|experience|opportunity",
        "MondayMotivation|BTS|NowPlaying|MAGA|GameOfThrones|WorldCup|Brexit|music|love|news|sports"
        "|travel|photography|art|Trump|giveaway|ThrowbackThursday|WednesdayWisdom|Eurovision|Oscars"
        "|MTVHottest|iHeartAwards|BestFanArmy|job|hiring|fitness|food|FlashbackFriday|auspol|climate",
        "James|Emma|Olivia|Noah|Liam|Sophia|Michael|Jessica|Ashley|Daniel|Chris|Sarah|Matt|Laura"
        "|David|Rachel|Alex|Katie|Ben|Hannah|Josh|Megan|Ryan|Amy|Jack|Lucy|Tom|Grace|Sam|Chloe"
        "|Smith|Jones|Brown|Wilson|Taylor|Davis|Miller|Moore|Clark|Lewis|Walker|Hall|Young|King"
        "|Wright|Hill|Green|Baker",
        "New York, NY|London, England|Los Angeles, CA|Chicago, IL|Texas, USA|Lagos, Nigeria|Toronto"
        "|United States|Manchester|Sydney, Australia|Mumbai, India|Atlanta, GA|Florida, USA|she/her",
        1, 16, 0, 0},
    [GEN_SPANISH] = {
        "es", "es",
        "de|que|no|a|la|el|y|en|me|lo|un|te|es|por|con|se|mi|los|una|para|las|si|del|como|más|pero"
        "|ya|yo|todo|al|está|le|tu|bien|cuando|hay|día|hoy|qué|porque|amor|vida|hacer|muy|siempre"
        "|son|nada|ser|quiero|eso|mejor|gente|gracias|feliz|tengo|esta|sin|ver|solo|así|estoy|todos"
        "|hasta|años|mañana|nunca|ahora|algo|mundo|va|este|noche|también|vez|quien|tiempo|buen"
        "|desde|casa|amigos|alguien|sobre|ni|verdad|años después|corazón|mujer|país|presidente"
        "|gobierno|partido|jugador|canción|película|cumpleaños|felicidades|saludos|entonces|después"
        "|mientras|aunque|contigo|conmigo|ustedes|nosotros|seguidores|domingo|viernes|fútbol"
        "|información|educación|democracia|libertad|buenos días|buenas noches|necesito|increíble",
        "FelizLunes|RealMadrid|Barcelona|Venezuela|Argentina|México|LaLiga|Noticias|Madrid|España"
        "|YoApoyo|Elecciones|BuenosDías|Música|Champions|Colombia|Chile|Fútbol|FelizViernes|Amor",
        "María|José|Carmen|Juan|Ana|Luis|Laura|Carlos|Marta|Jorge|Lucía|Pedro|Sofía|Diego|Valentina"
        "|Camila|Andrés|Daniela|Miguel|Paula|García|Rodríguez|Martínez|López|González|Pérez|Sánchez"
        "|Ramírez|Torres|Flores|Díaz|Vargas|Rojas|Castro|Morales|Ortiz|Silva|Núñez|Rivera|Medina"
        "|Peña|Cruz|Herrera|Aguilar|Ríos|Vega|León|Campos",
        "Madrid, España|Buenos Aires, Argentina|México|Caracas, Venezuela|Bogotá, Colombia|Sevilla"
        "|Santiago, Chile|Barcelona|Lima, Perú|Guadalajara, Jalisco",
        1, 15, 0, 0},
    [GEN_JAPANESE] = {
        "ja", "ja",
        "今日は|ありがとう|ございます|お願いします|です。|ました|かわいい|すごい|楽しい|明日も|仕事|学校"
        "|おはよう|おやすみ|なさい|本当に|大好き|ライブ|東京|大阪|日本|映画|ゲーム|アニメ|写真|天気|雨が"
        "|暑い|寒い|眠い|美味しい|ラーメン|食べたい|行きたい|見たい|欲しい|買った|フォロー|リツイート|当選"
        "|応募|キャンペーン|限定|発売|開催|公式|情報|新しい|世界|時間|最近|昨日|みんな|だから|でも|けど、"
        "|ので、|から|まで|って|という|ちょっと|めっちゃ|やばい|笑|w|嬉しい|悲しい|頑張|ります|してる|しました"
        "|できる|なった|思う|思って|いるの|だけ|この|その|どこ|なに|誰か|人が|私も|僕は|俺の|君に|彼女|友達"
        "|推し|尊い|絵を描|いた|歌って|みた|配信|動画|お誕生日|おめでとう|選手|試合|勝った|負けた|電車|遅れ"
        "|よろしく|ｗｗｗ|ﾜﾛﾀ|無言フォロー|失礼|相互|交換|譲り|求め|定期|配布中|プレゼント|抽選で|名様に",
        "拡散希望|プレゼント企画|懸賞|相互フォロー|デレステ|FGO|モンスト|グラブル|アニメ|欅坂46|乃木坂46"
        "|嵐|イラスト|ラブライブ|写真好きな人と繋がりたい|とうらぶ|ツイステ|鬼滅の刃|NowPlaying|地震",
        "ゆき|さくら|はる|みか|たけし|けん|ひろ|まり|あお|りん|なな|ももか|しょう|たろう|あやか|ゆうた"
        "|みさき|かな|れい|しん|そら|うみ|ことり|ねこ|いぬ|うさぎ|くま|ぱんだ|垢|別垢|bot|公式|@お仕事"
        "|＠固定見て|低浮上|原稿中|@3日目東|団長|提督|審神者|P|推し活|まとめ|情報局|ちゃん|さん|くん|さま|氏|民|系",
        "東京|日本|大阪|神奈川|福岡|埼玉|北海道|名古屋|どこか|夢の中|二次元|京都|兵庫県|千葉の端",
        0, 12, 0x30a2, 77},
    [GEN_CHINESE] = {
        "zh", "zh",
        "我们|今天|中国|政府|人民|香港|警察|暴力|示威者|法律|社会|稳定|生活|希望|大家|支持|国家|发展|经济"
        "|世界|美国|台湾|北京|上海|深圳|朋友|时间|工作|学习|喜欢|觉得|知道|为什么|怎么样|没有|已经|可以|一定"
        "|应该|必须|真的|非常|特别|其实|但是|因为|所以|如果|虽然|而且|不过|还是|只是|就是|这个|那个|什么|哪里"
        "|这些人|他们的|我的|你的|自己|一起|一样|一直|一次|一个|两个|很多|不少|开始|结束|继续|停止|破坏|和平"
        "|安全|新闻|媒体|记者|报道|视频|图片|评论|转发|关注|点赞|分享|周末|早上好|晚安|吃饭|天气|下雨|地铁"
        "|电影|音乐|游戏|手机|公司|老板|学生|老师|孩子|父母|家庭|健康|医生|医院|疫情|口罩|加油|感谢|祝福"
        "|真相|谣言|骗子|郭文贵|爆料|美金|逃犯|条例|立法会|机场|街头|商店|市民|外国势力|干涉|内政|严惩|支持警方"
        "|，|。|！|？|、",
        "新闻|中国|北京|武汉|疫情|生活|美食|旅行|摄影|音乐|电影|足球|NBA|华为|一带一路|早安|科技|历史|读书|猫",
        "小明|阿华|晓燕|志强|丽丽|大伟|小红|建国|海涛|雪儿|子涵|浩然|梓萱|一诺|天宇|思远|文杰|美玲|春花"
        "|秀英|王|李|张|刘|陈|杨|赵|黄|周|吴|徐|孙|胡|朱|高|林|何|郭|马|罗|梁|宋|郑|谢|韩|唐|冯|于",
        "北京|上海|广东 深圳|中国|香港|台北|广州|杭州|成都|南京|武汉|大中华",
        0, 9, 0x4e00, 6000},
    [GEN_ARABIC] = {
        "ar", "ar",
        "من|في|على|الله|ما|لا|كل|يا|اللهم|و|عن|أن|إلى|هذا|اللي|مع|أو|كان|يوم|بعد|قبل|الحمد لله|سبحان الله"
        "|وبحمده|العظيم|رب|ارحم|اغفر|لنا|واهدنا|القلب|الحب|الحياة|الناس|اليوم|الليل|الصباح|صباح الخير|مساء"
        "|السعودية|الرياض|مصر|الكويت|قطر|الإمارات|العراق|سوريا|اليمن|ليبيا|الملك|الرئيس|الشعب|الحكومة|الوطن"
        "|عاجل|خبر|صورة|فيديو|شاهد|تابع|رتويت|متابعة|الهلال|النصر|الاتحاد|الأهلي|مباراة|هدف|لاعب|دوري|كأس"
        "|أنت|أنا|هو|هي|نحن|هم|ليس|لكن|حتى|إذا|عند|بين|غير|كيف|متى|أين|لماذا|شكرا|جميل|حلو|والله|إن شاء الله"
        "|يارب|العالمين|الرحمن|الرحيم|صلى|وسلم|محمد|عليه|آله|أجمعين|توفيق|خصم|كود|نون|توصيل|مجانا|عرض|أقوى",
        "السعودية|الرياض|الهلال|النصر|الكويت|مصر|قطر|عاجل|صباح_الخير|رمضان|يوم_الجمعة|الاتحاد|الأهلي|ليبيا"
        "|اليمن|العراق|هاشتاق|دعاء|كود_خصم|جدة",
        "محمد|أحمد|عبدالله|سارة|نورة|فهد|خالد|سعود|ريم|هند|عبدالعزيز|منصور|فاطمة|مريم|علي|حسن|حسين|يوسف"
        "|ابراهيم|عمر|سلمان|تركي|بدر|ماجد|ناصر|أبو|أم|بنت|ابن|العتيبي|القحطاني|الشمري|المطيري|الحربي|الدوسري"
        "|الغامدي|الزهراني|العنزي|السبيعي|المالكي|الرشيدي|الشهري|القرني|البلوي|الجهني|عاشق|غربة|قلب",
        "الرياض|المملكة العربية السعودية|جدة|الكويت|مصر|القاهرة|بغداد|دبي|قطر|مكة المكرمة",
        1, 13, 0x0627, 20},
    [GEN_THAI] = {
        "th", "th",
        "มาก|ไม่|แล้ว|เลย|ครับ|ค่ะ|นะคะ|จะ|ไป|มา|ดี|รัก|คน|วันนี้|พรุ่งนี้|เมื่อวาน|น่ารัก|สวย|หล่อ|ชอบ|อยาก|ได้|ให้"
        "|ของ|กับ|และ|แต่|ก็|ที่|ใน|เรา|เขา|เธอ|ฉัน|พี่|น้อง|แม่|พ่อ|เพื่อน|บ้าน|โรงเรียน|ทำงาน|กิน|ข้าว|นอน|ดู|ฟัง|เพลง"
        "|หนัง|ซีรีส์|คอนเสิร์ต|บัตร|ขาย|ซื้อ|ราคา|บาท|ส่งฟรี|พร้อมส่ง|สนใจ|ทักเลย|รีวิว|แจก|ติดตาม|รีทวีต|โหวต|ช่วยกัน"
        "|ขอบคุณ|สวัสดี|ฝันดี|สู้ๆ|คิดถึง|ทำไม|อะไร|ยังไง|เมื่อไหร่|เท่าไหร่|จริงๆ|สุดๆ|มากๆ|555|ร้อน|ฝน|รถติด|กรุงเทพ",
        "กรุงเทพ|รถติด|ฝนตก|รีวิวอาหาร|ตลาดนัดบังทัน|ตลาดนัดexo|GOT7|เป๊กผลิตโชค|BNK48|ดูดวง|ผู้ชาย|ละคร"
        "|ขายบัตรคอน|เที่ยวไทย|หวย|ข่าว|เลือกตั้ง|ฟุตบอล|แจกฟรี|รับหิ้ว",
        "มิ้นท์|ฝน|ฟ้า|แพร|นุ่น|เมย์|เบล|ปอนด์|แบงค์|เจมส์|บีม|กาย|ต้น|โอ๊ต|ไอซ์|แนน|ปลา|กุ้ง|หมู|ไก่|แมว|หมี|กระต่าย"
        "|น้ำ|ดาว|เดือน|ตะวัน|ใบเตย|ขนม|ชา|กาแฟ|นม|เค้ก|พลอย|เพชร|ทอง|แก้ว|จอย|แอน|ออย|อาร์ม|เอิร์ธ|มาร์ค|ปาล์ม"
        "|ต่าย|หญิง|ชาย|ตาล",
        "กรุงเทพมหานคร|ประเทศไทย|เชียงใหม่|ขอนแก่น|ภูเก็ต|ชลบุรี|ใต้เตียง|Bangkok",
        0, 10, 0x0e01, 46},
    [GEN_RUSSIAN] = {
        "ru", "ru",
        "и|в|не|на|я|что|с|а|как|это|по|у|за|все|но|так|мне|же|от|меня|бы|для|только|о|его|ты|из|когда"
        "|если|уже|сегодня|есть|вот|или|просто|день|очень|было|они|надо|будет|где|кто|нет|даже|время|жизнь"
        "|люди|россия|россии|украина|президент|путин|власть|война|деньги|страна|новости|москва|утро|ночь"
        "|работа|школа|друзья|любовь|хочу|могу|знаю|думаю|люблю|жду|спасибо|пожалуйста|привет|доброе утро"
        "|спокойной ночи|завтра|вчера|всегда|никогда|почему|потому что|больше|лучше|человек|который|можно"
        "|нужно|хорошо|плохо|видео|фото|музыка|фильм|матч|сборная|футбол|хоккей|победа|наши|весь мир",
        "новости|Россия|Москва|Украина|Путин|музыка|спорт|хоккей|футбол|СПб|Донбасс|погода|юмор|кино|Сирия"
        "|работа|политика|авто|культура|экономика",
        "Иван|Анна|Сергей|Мария|Дмитрий|Елена|Алексей|Ольга|Андрей|Наталья|Михаил|Юлия|Николай|Катя|Саша"
        "|Даша|Настя|Вика|Максим|Артём|Иванов|Петров|Смирнова|Кузнецов|Попов|Волков|Соколова|Лебедев|Козлов"
        "|Новиков|Морозов|Павлов|Фёдоров|Орлов|Белова|Крылов|Зайцев|Котов|Лисичка|Мишка|Новости|Сегодня|Мир"
        "|Голос|Правда|Народ|Весть|Дом",
        "Москва|Россия|Санкт-Петербург|Украина|Екатеринбург|Киев|Новосибирск|Казань",
        1, 13, 0x0430, 32},
    [GEN_KOREAN] = {
        "ko", "ko",
        "오늘|너무|진짜|정말|우리|내가|나는|이거|그거|하고|있는|없는|같아|좋아|사랑해|생일|축하해|감사합니다"
        "|안녕하세요|방탄소년단|콘서트|티켓|앨범|투표|영상|사진|아니|그래|그냥|많이|조금|다시|지금|내일|어제"
        "|하루|시간|사람|친구|학교|회사|집에|가고|싶다|먹고|자고|보고|듣고|말하고|생각|마음|얼굴|귀여워|예뻐"
        "|멋있어|최고|대박|미쳤다|ㅋㅋㅋ|ㅠㅠ|ㅎㅎ|알티|추첨|이벤트|당첨|참여|팔로우|해주세요|부탁드립니다"
        "|교환|양도|구해요|드려요|연락|주세요|입니다|했어요|할게요|있어요|없어요|됩니다|때문에|그리고|하지만",
        "방탄소년단|BTS|엑소|워너원|세븐틴|트친소|알티이벤트|생일축하해|뉴스|서울|맞팔|커미션|아미|강다니엘|대통령"
        "|음악|드라마|야구|날씨|고양이",
        "민준|서연|지훈|지민|정국|태형|윤기|석진|호석|남준|하늘|바다|별|달|꽃|구름|나비|토끼|고양이|강아지"
        "|김|이|박|최|정|강|조|윤|장|임|한|오|서|신|권|황|안|송|류|홍|님|봇|러버|홀릭|사랑|아미|덕후|계정",
        "대한민국 서울|서울|부산|대한민국|경기도|인천|너의 마음속|우주",
        1, 12, 0xac00, 11172},
    [GEN_INDONESIAN] = {
        "in", "id",
        "aku|kamu|yang|di|ga|gak|nya|dan|itu|ini|udah|banget|mau|ada|sama|lagi|kalo|tapi|dari|ke|bisa"
        "|buat|aja|jadi|sih|yg|apa|orang|hari|gue|lo|kok|dong|deh|kita|semua|untuk|dengan|tidak|bukan"
        "|selamat pagi|terima kasih|semoga|sukses|sayang|cinta|hati|rindu|hujan|malam|besok|kemarin|nanti"
        "|makan|tidur|kerja|kuliah|sekolah|teman|rumah|jalan|macet|jakarta|indonesia|presiden|jokowi"
        "|prabowo|pemilu|rakyat|negara|pemerintah|berita|video|foto|lagu|film|konser|tiket|jual|murah|promo",
        "jakarta|indonesia|pilpres2019|jokowi|prabowo|openfollow|promo|ngabuburit|liga1|bandung|kuliner|BTS"
        "|selamatpagi|puisi|sahabat|zonauang|wisata|film|gempa|hoaks",
        "Dewi|Putri|Rizky|Budi|Siti|Agus|Ayu|Dian|Fajar|Indah|Joko|Kartika|Lestari|Maya|Nur|Oki|Rina|Sari"
        "|Tika|Wahyu|Yudi|Zahra|Andi|Bayu|Citra|Eka|Fitri|Galih|Hana|Intan|Pratama|Saputra|Wijaya|Kusuma"
        "|Santoso|Nugroho|Hidayat|Ramadhan|Utami|Permata|Setiawan|Gunawan|Halim|Susanto|Anggraini|Safitri"
        "|Maulana|Firmansyah",
        "Jakarta|Indonesia|Bandung|Surabaya|Yogyakarta|Medan, Sumatera Utara|DKI Jakarta",
        1, 14, 0, 0},
    [GEN_HEBREW] = {
        "iw", "he",
        "של|את|על|לא|זה|אני|הוא|היא|עם|כל|גם|אבל|מה|יש|אין|היום|מחר|אתמול|טוב|רע|אנשים|ילדים|בית|עבודה"
        "|מדינה|ישראל|ממשלה|בחירות|ראש הממשלה|חדשות|תמונה|סרטון|שיר|מוזיקה|כדורגל|משחק|ניצחון|אהבה|חיים|זמן"
        "|שנה|שבוע|לילה טוב|בוקר טוב|תודה רבה|בבקשה|סליחה|חבר|חברה|משפחה|אמא|אבא|רחוב|עיר|ים|שמש|גשם|קפה|ארוחה"
        "|למה|איך|מתי|איפה|תמיד|עכשיו|יותר|פחות|מאוד|באמת|אולי|לפני|אחרי",
        "ישראל|תלאביב|ירושלים|חדשות|בחירות2019|כדורגל|מוזיקה|אוכל|טיול|צילום|ספרים|סרטים|היסטוריה|מזג_אוויר"
        "|הייטק|חיפה|אילת|שבת_שלום|בוקרטוב|דעות",
        "נועה|יוסי|דנה|משה|רונית|איתי|מיכל|עומר|שירה|יונתן|תמר|דוד|רחל|אבי|גלית|ניר|ענת|אורי|הדס|עידו|כהן|לוי"
        "|מזרחי|פרץ|ביטון|דהן|אברהם|פרידמן|מלכה|אזולאי|כץ|יוסף|עמר|אוחיון|חדד|גבאי|בן דוד|אדרי|לביא|טל|קליין"
        "|שפירא|חזן|משה|ברק|שרון|גולן|רז",
        "תל אביב|ירושלים|חיפה|ישראל|באר שבע|רמת גן",
        1, 13, 0x05d0, 27},
    [GEN_UNDETERMINED] = {"und", "und", "!|?|..|:)|^^", "", "", "", 1, 2, 0, 0},
};
